package shadowflink.v1;

import java.util.Map;

/** The files of Protobuf's own that schemas import and registries do not hold, with the names that the embedded engine shows. */
final class ProtobufOwnFiles {
    private static final String PACKAGE = "syntax = \"proto3\"; package google.protobuf; ";

    static final Map<String, String> BY_NAME = Map.of(
            "google/protobuf/any.proto",
            PACKAGE + "message Any { string type_url = 1; bytes value = 2; }",
            "google/protobuf/duration.proto",
            PACKAGE + "message Duration { int64 seconds = 1; int32 nanos = 2; }",
            "google/protobuf/timestamp.proto",
            PACKAGE + "message Timestamp { int64 seconds = 1; int32 nanos = 2; }",
            "google/protobuf/empty.proto",
            PACKAGE + "message Empty {}",
            "google/protobuf/field_mask.proto",
            PACKAGE + "message FieldMask { repeated string paths = 1; }",
            "google/protobuf/struct.proto",
            PACKAGE + """
                    message Struct { map<string, Value> fields = 1; }
                    message Value {
                        oneof kind {
                            NullValue nullValue = 1;
                            double numberValue = 2;
                            string stringValue = 3;
                            bool boolValue = 4;
                            Struct structValue = 5;
                            ListValue listValue = 6;
                        }
                    }
                    message ListValue { repeated Value values = 1; }
                    enum NullValue { NULL_VALUE = 0; }
                    """,
            "google/protobuf/wrappers.proto",
            PACKAGE + """
                    message DoubleValue { double value = 1; }
                    message FloatValue { float value = 1; }
                    message Int64Value { int64 value = 1; }
                    message UInt64Value { uint64 value = 1; }
                    message Int32Value { int32 value = 1; }
                    message UInt32Value { uint32 value = 1; }
                    message BoolValue { bool value = 1; }
                    message StringValue { string value = 1; }
                    message BytesValue { bytes value = 1; }
                    """);

    private ProtobufOwnFiles() {}
}
