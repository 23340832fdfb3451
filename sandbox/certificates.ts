import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "./command.js";

/** Certificates in PEM that are made for one sandbox, and good for nothing else. */
export interface Certificates {
    /** Who signed the broker's and the client's. */
    ca: string;
    /** Key and certificate of the broker, in one file. */
    broker: string;
    clientCert: string;
    clientKey: string;
    /** An authority that signed neither. */
    otherCa: string;
    /** A client's that ended when it began. */
    expiredCert: string;
    expiredKey: string;
}

/** The principal of who holds the client's certificate. */
export const clientName = "CN=shadow-flink-client";

/** Makes them with openssl, unless they are there. */
export async function makeCertificates(folder: string): Promise<Certificates> {
    const at = (name: string) => path.join(folder, name);
    const made: Certificates = {
        ca: at("ca.crt"),
        broker: at("broker.pem"),
        clientCert: at("client.crt"),
        clientKey: at("client.key"),
        otherCa: at("other.crt"),
        expiredCert: at("expired.crt"),
        expiredKey: at("expired.key"),
    };
    if (fs.existsSync(made.broker)) {
        return made;
    }
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
    const authority = (name: string) =>
        openssl(
            ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
            ...["-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", at(`${name}.crt`)],
        );
    const signed = async (name: string, subject: string, days: number) => {
        const request = at(`${name}.csr`);
        const extensions = at(`${name}.ext`);
        fs.writeFileSync(extensions, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
        await openssl(
            ...["req", "-newkey", "rsa:2048", "-nodes", "-subj", `/${subject}`],
            ...["-keyout", at(`${name}.key`), "-out", request],
        );
        await openssl(
            ...["x509", "-req", "-in", request, "-CA", made.ca, "-CAkey", at("ca.key")],
            ...["-CAcreateserial", "-days", String(days), "-extfile", extensions],
            ...["-out", at(`${name}.crt`)],
        );
    };
    await authority("ca");
    await authority("other");
    await signed("client", clientName, 2);
    await signed("expired", clientName, 0);
    await signed("server", "CN=localhost", 2);
    const parts = ["server.key", "server.crt"].map((name) => fs.readFileSync(at(name), "utf8"));
    fs.writeFileSync(made.broker, parts.join(""), { mode: 0o600 });
    return made;
}
