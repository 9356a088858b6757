import Foundation

/// An authority of this run, and certificates that it gave to a server on localhost and to a client. All are paths of
/// PEM files.
struct Certificates: Sendable {
    let authority: String
    let chain: String
    let key: String
    let clientChain: String
    let clientKey: String
    /// Of the authority again, but for `elsewhere.test`.
    let otherChain: String
    let otherKey: String

    static var shared: Certificates { get async throws { try await task.value } }

    private static let task = Task { try make() }

    private static func make() throws -> Certificates {
        let folder = Repository.scratch.appendingPathComponent("certificates")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Siphon test authority"] + newKey
                + ["-keyout", path("authority.key"), "-out", path("authority.pem")])
        func certify(_ name: String, _ extensions: String) throws {
            try openssl(
                ["req", "-subj", "/CN=\(name)"] + newKey + [
                    "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
                ])
            try extensions.write(toFile: path("\(name).txt"), atomically: true, encoding: .utf8)
            try openssl([
                "x509", "-req", "-in", path("\(name).csr"), "-days", "2", "-extfile", path("\(name).txt"),
                "-CA", path("authority.pem"), "-CAkey", path("authority.key"), "-CAcreateserial",
                "-out", path("\(name).pem"),
            ])
        }
        try certify("localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        try certify("elsewhere.test", "subjectAltName=DNS:elsewhere.test\nextendedKeyUsage=serverAuth\n")
        try certify("client", "extendedKeyUsage=clientAuth\n")
        return Certificates(
            authority: path("authority.pem"), chain: path("localhost.pem"), key: path("localhost.key"),
            clientChain: path("client.pem"), clientKey: path("client.key"), otherChain: path("elsewhere.test.pem"),
            otherKey: path("elsewhere.test.key"))
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Overdue(description: "openssl \(arguments.joined(separator: " ")) failed: is openssl installed?")
        }
    }
}
