import * as fs from "node:fs";

/** Schema files of odd shapes, and what both engines make of them. */
interface OddProto {
    readonly text: string;
    /** The files that it may import, by name. */
    readonly imports?: Readonly<Record<string, string>>;
}

const all = <T>(texts: Readonly<Record<string, string | T>>): [string, string | T][] =>
    Object.entries(texts);

const shapes = (texts: Readonly<Record<string, string | OddProto>>): [string, OddProto][] =>
    all(texts).map(([name, of]) => [name, typeof of === "string" ? { text: of } : of]);

const p2 = 'syntax = "proto2"; ';
const p3 = 'syntax = "proto3"; ';
const of2023 = 'edition = "2023"; ';
const depth = (levels: number) =>
    `${p3}${Array.from({ length: levels }, (_, i) => `message M${i} { int32 a = 1; `).join("")}${"}".repeat(levels)}`;

/** A file that describes schema files, as it comes with protobufjs. */
const own = (name: string) =>
    fs.readFileSync(require.resolve(`protobufjs/google/protobuf/${name}.proto`), "utf8");

/** Both engines read records of these. */
export const readable = shapes({
    "no syntax": "message M { optional int32 a = 1; repeated M b = 2 [packed = true]; }",
    "a mark of the byte order": `\ufeff${p3} message M { int32 a = 1; }`,
    "lines that end as on Windows": `${p3}\r\nmessage M {\r\n\tint32 a = 1; // one\r\n\tint32 b = 2;\r\n}\r\n`,
    "a comment at the end, without a line's end": `${p3} message M { int32 a = 1; } // the end`,
    "comments in odd places": `/**/ syntax /* = "proto2" */ = /* " */ "proto3" // ; {
        ; /* message N { */ message /* { */ M // }
        { /* * / */ int32 /***/ a /* = 5 */ = // 7;
        1 /* [ */ ; // " '
        /* // */ int32 b = 2; /* int32 c = 3; */ } /* "unclosed */`,
    "comments and braces in strings": `${p3} option java_package = "a // b /* { ' ";
        option go_package = '} " */'; message M { int32 a = 1 [json_name = "];}"]; }`,
    "strings that follow each other": {
        text: `syntax = "pro" 'to' "3"; import 'a' ".pro" /* x */ "to"; message M { A a = 1; }`,
        imports: { "a.proto": `${p3} message A { int32 x = 1; }` },
    },
    "escapes in options": `${p3} option java_package = "\\"\\\\\\x41\\101\\n\\'"; message M { int32 a = 1 [json_name = "\\""]; }`,
    "words of the language as names": `${p3} message M { string message = 1; int32 enum = 2; bool option = 3;
        bytes oneof = 4; M map = 5; int32 reserved = 6; int32 syntax = 7; int32 package = 8; int32 import = 9;
        int32 repeated = 10; int32 optional = 11; int32 to = 12; int32 max = 13; int32 true = 14; int32 group = 15; }`,
    "words of the language as types": `${p3} message M { stream a = 1; rpc b = 2; returns c = 3; to d = 4; syntax e = 5; }
        message stream { int32 x = 1; } message rpc { int32 x = 1; } message returns { int32 x = 1; }
        message to { int32 x = 1; } enum syntax { import = 0; weak = 1; }`,
    "options with braces in braces": `${p3} import "google/protobuf/descriptor.proto";
        extend google.protobuf.MessageOptions { Rule rule = 50000; repeated Rule rules = 50001; }
        message Rule { string name = 1; Rule inner = 2; repeated int32 list = 3; }
        message M { option (rule) = { name: "}" inner { inner: { name: '{', list: [1, 2, -3] }; } list: [] };
            option (rules) = { name: "a" }; option (rules) = { name: "b" inner {} }; option (rule).inner.name = "c";
            option (.rule).name = "x"; option deprecated = true; int32 a = 1 [(x.y).z = 1.5e-3, (q) = { [a.b.c]: 1 [type.example.com/a.B] { c: inf } }, deprecated = false]; }`,
    "options of any value": `${p2} option optimize_for = SPEED; option (a) = -inf; option (b) = nan; option (c) = 1e10;
        option (d) = 0x1F; option (e) = -17; option (f) = .5; option (g) = a.b.C; option (h) = "x" "y"; message M {
        optional int32 a = 1 [default = -5]; optional float b = 2 [default = -1.5e+3]; optional string c = 3 [default = "a]b"];
        optional bool d = 4 [default = true]; optional bytes e = 5 [default = "\\001\\xff"]; optional E f = 6 [default = B];
        optional double g = 7 [default = inf]; optional uint64 h = 8 [default = 0xFFFFFFFF]; } enum E { A = 1; B = 2; }`,
    "numbers in other systems": `${p3} message M { int32 a = 0x1; int32 b = 02; int32 c = 017; E d = 0x04; }
        enum E { Z = 0; N = -0x1; O = 010; L = 0x7fffffff; S = -2147483648; }`,
    "negative values of enums": `${p2} message M { optional E a = 1; repeated E b = 2; } enum E { A = -1; B = 0; C = 1; reserved -10 to -5, 7, 100 to max; reserved "X", 'Y'; }`,
    "an enum with aliases": `${p3} message M { E a = 1; } enum E { A = 0; B = 1; C = 1; D = 0; option allow_alias = true; }`,
    "an enum's values with options": `${p3} message M { E a = 1; } enum E { option deprecated = true; A = 0 [deprecated = true, (x) = { y: 1 }]; ; B = 1; }`,
    "an enum inside, and one outside of the same name": `${p3} enum E { A = 0; B = 1; } message M { E a = 1; .E b = 2; enum E { C = 0; D = 1; } }`,
    "maps of enums and messages": `${p3} message M { map<string, E> a = 1; map<int32, M> b = 2; map<bool, Inner.Deep> c = 3; map<sint64, bytes> d = 4;
        map < fixed64 , double > e = 5; repeated Inner f = 6; message Inner { map<uint32, string> g = 1; message Deep { int32 x = 1; } } }
        enum E { A = 0; B = 1; }`,
    "names that shadow others": `${p3} package a.b; message X { int32 far = 1; } message M { X x = 1; N n = 2; a.b.X y = 3; .a.b.X z = 4; b.X w = 5;
        message X { int32 near = 1; } message N { X x = 1; message O { X x = 1; M.X y = 2; message X { int32 nearest = 1; } } O o = 2; } }`,
    "a field of its type's name": `${p3} message Item { int32 a = 1; } message M { Item Item = 1; M M = 2; .Item other = 3; }`,
    "a package of the same name further in": {
        text: `${p3} package a.c; import "b"; message M { b.B x = 1; .b.B y = 2; }`,
        imports: {
            b: `${p3} package a.b; import "c"; message B { int32 near = 1; }`,
            c: `${p3} package b; message B { int32 far = 1; }`,
        },
    },
    "spaces and comments inside of a type's name": `${p3} package a.b; message X { int32 x = 1; } message M { a . b /* . */ . X y = 1; .a .b. X z = 2; }`,
    "imports of all kinds": {
        text: `${p3} import public "a.proto"; import weak "w.proto"; import "dir/b.proto"; import "google/protobuf/any.proto";
            import "google/protobuf/empty.proto"; import "google/protobuf/field_mask.proto"; import "google/protobuf/type.proto";
            message M { A a = 1; B b = 2; W w = 3; google.protobuf.Any any = 4; google.protobuf.Empty e = 5; google.protobuf.FieldMask f = 6; }`,
        imports: {
            "a.proto": `${p2} import "dir/b.proto"; message A { optional int32 x = 1; required B b = 2; }`,
            "w.proto": `${p3} import "a.proto"; message W { int32 x = 1; optional int32 y = 2; }`,
            "dir/b.proto": `${of2023} option features.field_presence = IMPLICIT; message B { int32 x = 1; }`,
        },
    },
    "all that stands for values": `${p3} import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto";
        import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; message M { google.protobuf.Struct a = 1;
        google.protobuf.Value b = 2; google.protobuf.ListValue c = 3; google.protobuf.NullValue d = 4; google.protobuf.Timestamp e = 5;
        google.protobuf.Duration f = 6; google.protobuf.BoolValue g = 7; google.protobuf.BytesValue h = 8; google.protobuf.UInt64Value i = 9;
        google.protobuf.FloatValue j = 10; google.protobuf.StringValue k = 11; repeated google.protobuf.Duration l = 12; map<string, google.protobuf.Int32Value> m = 13; }`,
    "somebody's own file of a well-known name": {
        text: `${p3} import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp a = 1; google.protobuf.Duration b = 2; }`,
        imports: {
            "google/protobuf/timestamp.proto": `${p2} package google.protobuf; message Timestamp { optional uint64 seconds = 1; repeated int32 nanos = 2; }
                message Duration { optional bool seconds = 1; optional sint64 nanos = 2; }`,
        },
    },
    groups: `${p2} message M { optional group A = 1 { optional int32 x = 1; repeated group InnerOne = 2 { required string s = 1; } }
        repeated group B = 3 { optional A a = 1; } optional A again = 4; message C { optional int32 y = 1; } optional C c = 5; }`,
    "a group for another message": `${p2} message M { extensions 1 to 100; } extend M { optional group Ext = 1 { optional int32 x = 1; } repeated int32 y = 2; }`,
    "extensions in messages": `${p2} package p; message M { extensions 2 to 10, 12, 20 to max [verification = UNVERIFIED]; optional int32 a = 1;
        extend M { optional M.In b = 2; repeated string c = 3 [packed = false]; } message In { optional int32 x = 1; extend .p.M { optional In d = 4; } } }`,
    "a oneof with options and messages": `${p3} message M { oneof choice { option (x) = 1; int32 a = 1; M b = 2 [deprecated = true]; string c = 3; E d = 4; } oneof other { int32 e = 5; } int32 f = 6; }
        enum E { A = 0; B = 1; }`,
    "optional of proto3": `${p3} message M { optional int32 a = 1; optional M b = 2; optional E c = 3; optional bytes d = 4; repeated E e = 5; } enum E { B = 0; }`,
    "required of proto2": `${p2} message M { required int32 a = 1; required M b = 2; optional E c = 3; } enum E { A = 5; B = 0; }`,
    "an edition": `${of2023} message M { int32 a = 1; M b = 2; repeated int32 c = 3; E d = 4 [features.field_presence = IMPLICIT];
        string e = 5 [features.field_presence = LEGACY_REQUIRED]; M f = 6 [features.message_encoding = DELIMITED];
        oneof o { M g = 7 [features.message_encoding = DELIMITED]; int32 h = 8; } map<int32, M> m = 9; reserved x, y; reserved 20 to 30; } enum E { A = 0; reserved B; }`,
    "an edition's features for all of a file": `${of2023} package p; option features.field_presence = IMPLICIT; option features.message_encoding = DELIMITED;
        message M { int32 a = 1; M b = 2; repeated M c = 3; int32 d = 4 [features.field_presence = EXPLICIT]; map<int32, M> e = 5;
        N f = 6 [features.message_encoding = LENGTH_PREFIXED]; oneof o { int32 g = 7; M h = 8; } } message N { string s = 1; }`,
    "an edition's features in braces": `${of2023} option features = { field_presence: IMPLICIT message_encoding: DELIMITED };
        option features.(pb.java).utf8_validation = VERIFY; message M { int32 a = 1; M b = 2; N c = 3 [features = { message_encoding: LENGTH_PREFIXED, }]; message N { int32 x = 1; } }`,
    "features behind what they are about": `${of2023} message M { int32 a = 1; N b = 2; message N { int32 c = 1; } } option features.field_presence = IMPLICIT;`,
    "an edition with visibility": `edition = "2024"; import option "x.proto"; local message L { int32 x = 1; } export message M { L a = 1; local enum E { A = 0; } E b = 2; export message N { int32 c = 1; } N d = 3; }`,
    "a service": `${p3} service S { option deprecated = true; rpc A (M) returns (stream .M); rpc B (stream M) returns (M) { option (http) = { get: "/{x}" additional { post: "/}" body: "*" } }; ; }
        rpc C (M) returns (M) {} ; } message M { int32 a = 1; }`,
    "reserved of all kinds": `${p3} message M { reserved 2, 15, 9 to 11, 40 to max; reserved "foo", 'bar'; int32 a = 1; ; }`,
    "numbers and names reserved in one": `${p3} message M { reserved 2, "foo", 9 to 11, 'bar'; int32 a = 1; } enum E { A = 0; reserved "B", -2 to -1; }`,
    "descriptions of schemas": own("descriptor"),
    "descriptions of services": {
        text: own("api"),
        imports: {
            "google/protobuf/source_context.proto": own("source_context"),
            "google/protobuf/type.proto": own("type"),
        },
    },
    "extensions of a known description": {
        text: `${p2} import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { optional M m = 50000; } message M { optional google.protobuf.FieldOptions a = 1 [(m) = {}]; }`,
        imports: { "google/protobuf/descriptor.proto": own("descriptor") },
    },
    "an extension in front of what it extends": `${p2} package p; extend M { optional int32 x = 3; } extend p.M { optional p.M y = 4; } message M { extensions 1 to 10; }`,
    "no fields": `${p3} message M {} message N { M m = 1; repeated M l = 2; }`,
    "no messages": `${p3} enum E { A = 0; }`,
    nothing: "",
    "names in other letters": `${p3} message m_1 { int32 A_b9 = 1; int32 _ = 2; int32 __x = 3; m_1 aB = 4; message constructor { int32 toString = 1; } constructor hasOwnProperty = 5; }`,
    "messages as deep as may be": depth(32),
    "the largest number": `${p3} message M { int32 a = 536870911; int32 b = 18999; int32 c = 20000; int32 d = 1; }`,
});

/** Both engines refuse these. */
export const refused = shapes({
    "messages deeper than may be": depth(33),
    "a oneof with a group": `${p2} message M { oneof o { group G = 1 { optional int32 x = 1; } int32 a = 2; } }`,
    "a oneof in a group": `${p2} message M { optional group G = 1 { oneof o { int32 a = 2; } } }`,
    "a group in proto3": `${p3} message M { repeated group G = 1 { int32 x = 1; } }`,
    "a group in an edition": `${of2023} message M { repeated group G = 1 { int32 x = 1; } }`,
    "a label in a oneof": `${p3} message M { oneof o { repeated int32 a = 1; } }`,
    "a map in a oneof": `${p3} message M { oneof o { map<int32, int32> a = 1; } }`,
    "no label in proto2": `${p2} message M { int32 a = 1; }`,
    "required in proto3": `${p3} message M { required int32 a = 1; }`,
    "optional in an edition": `${of2023} message M { optional int32 a = 1; }`,
    "a syntax that is not known": 'syntax = "proto4"; message M { int32 a = 1; }',
    "an edition that is not known": 'edition = "2099"; message M { int32 a = 1; }',
    "a syntax behind messages": `message M { optional int32 a = 1; } ${p3}`,
    "a string in an edition's reserved": `${of2023} message M { reserved "x"; int32 a = 1; }`,
    "a map by floats": `${p3} message M { map<float, int32> a = 1; }`,
    "a type that is not there": `${p3} message M { N n = 1; }`,
    "a type that is in another message": `${p3} message M { N n = 1; } message O { message N {} }`,
    "a type that the nearest message has not": `${p3} message A { message B {} } message M { message A {} A.B b = 1; }`,
    "a field's name for a type": `${p3} message M { int32 a = 1; a b = 2; }`,
    "the same number twice": `${p3} message M { int32 a = 1; int32 b = 1; }`,
    "the same name twice": `${p3} message M { int32 a = 1; int32 a = 2; }`,
    "a message twice": `${p3} message M { int32 a = 1; } message M { int32 a = 1; }`,
    "a message and an enum of one name": `${p3} message M { message A {} enum A { X = 0; } }`,
    "an oneof and a field of one name": `${p3} message M { oneof a { int32 b = 1; } int32 a = 2; }`,
    "a message twice, in two files": {
        text: `${p3} import "a"; message M { int32 a = 1; }`,
        imports: { a: `${p3} message M { int32 a = 1; }` },
    },
    "an import that is none": { text: `${p3} import "a"; message M {}`, imports: { a: "{" } },
    "an import that is not there": `${p3} import "a"; message M {}`,
    "an enum's number twice": `${p3} message M { E e = 1; } enum E { A = 0; B = 1; C = 1; }`,
    "an enum's value twice": `${p3} message M { E e = 1; } enum E { A = 0; B = 1; B = 2; }`,
    "a reserved number": `${p3} message M { reserved 1 to 5; int32 a = 3; }`,
    "a reserved name": `${p3} message M { reserved "a"; int32 a = 3; }`,
    "an enum's reserved number": `${p3} message M { E e = 1; } enum E { reserved -5 to -1; A = 0; B = -3; }`,
    "a comment without an end": `${p3} message M { int32 a = 1; } /* message`,
    "a string without an end": `${p3} option a = "x; message M { int32 a = 1; }`,
    "a brace too few": `${p3} message M { int32 a = 1;`,
    "a brace too many": `${p3} message M { int32 a = 1; } }`,
    "an option without an end": `${p3} message M { int32 a = 1 [(x) = { y: "}" ]; }`,
    "an option without a value": `${p3} option a = ; message M { int32 a = 1; }`,
    "options in options": `${p3} option (a) = ${"{ a ".repeat(200)}${"}".repeat(200)}; message M { int32 a = 1; }`,
    "no number": `${p3} message M { int32 a; }`,
    "a number of another kind": `${p3} message M { int32 a = 1.5; }`,
    "a negative number": `${p3} message M { int32 a = -1; }`,
    "a broken octal number": `${p3} message M { int32 a = 08; }`,
    "a name with a sign": `${p3} message M { int32 a-b = 1; }`,
    "another language": '{"type":"record","name":"R","fields":[]}',
    "an extension of nothing": `${p2} message M { optional int32 a = 1; } extend N { optional int32 b = 2; }`,
    "a broken service": `${p3} service S { rpc A M returns (M); } message M { int32 a = 1; }`,
    "two packages": `${p3} package a; package b; message M { int32 a = 1; }`,
});

/** The job's functions refuse these, as protoc does, and the embedded engine reads records of them. */
export const stricter = shapes({
    "a number that none may have": `${p3} message M { int32 a = 19500; }`,
    "the number zero": `${p3} message M { int32 a = 0; }`,
    "a number that is too large": `${p3} message M { int32 a = 536870912; }`,
    "an enum's value of more than 32 bits": `${p3} message M { E a = 1; } enum E { A = 0; B = 4294967296; }`,
    "features of a proto3 file": `${p3} option features.field_presence = EXPLICIT; message M { int32 a = 1; }`,
    "a feature of no known value": `${of2023} message M { int32 a = 1 [features.field_presence = MAYBE]; }`,
    "a feature twice": `${of2023} message M { int32 a = 1 [features.field_presence = IMPLICIT, features.field_presence = EXPLICIT]; }`,
    "a comment that is its own end": `${p3} message M { /*/ int32 a = 1; /*/ int32 b = 2; }`,
    "a string of two lines": `${p3} option java_package = "a\nb"; message M { int32 a = 1; }`,
    "a field called as what JavaScript's objects inherit from": `${p3} message M { int32 a = 1; int32 __proto__ = 2; }`,
    "no sign behind a package": `${p3} option java_package = "a" message M { int32 a = 1; }`,
    "a reserved number of a field before": `${p3} message M { int32 a = 3; reserved 1 to 5; }`,
    "a group in small letters": `${p2} message M { optional group part = 1 { optional int32 a = 1; } }`,
    "a syntax that is an edition": 'syntax = "2023"; message M { int32 a = 1; }',
    "a service in a message": `${p3} message M { int32 a = 1; service S {} }`,
    "options of a field in braces": `${p3} message M { int32 a = 1 { option deprecated = true; } }`,
});
