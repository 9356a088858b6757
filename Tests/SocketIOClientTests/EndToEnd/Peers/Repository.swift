import Foundation

/// Where the programs that tests start are to be found.
enum Repository {
    /// The folder of Package.swift.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// The Python that scripts/setup has equipped with python-socketio.
    static func python() throws -> URL {
        let python = root.appendingPathComponent(".venv-tests/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw Overdue(description: "there is no .venv-tests/bin/python: run scripts/setup --tests")
        }
        return python
    }

    static func script(_ name: String) -> String {
        root.appendingPathComponent("Tests/EndToEndTests/\(name)").path
    }

    /// The program that was built together with these tests: it lies beside them.
    static func siphon() throws -> URL {
        var places = ProcessInfo.processInfo.arguments
        places += [try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")].compactMap { $0 }
        for place in places where place.contains(".xctest") {
            var folder = URL(fileURLWithPath: place)
            for _ in 0..<4 {
                folder.deleteLastPathComponent()
                let siphon = folder.appendingPathComponent("siphon")
                if FileManager.default.isExecutableFile(atPath: siphon.path) { return siphon }
            }
        }
        throw Overdue(description: "there is no siphon beside the tests: run swift build --build-tests")
    }

    /// A folder of this run, which goes with it.
    static let scratch: URL = {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("siphon-client-tests-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: Repository.scratch) }
        return folder
    }()
}
