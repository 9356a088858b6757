import Foundation
import LosslessJSON
import NIOConcurrencyHelpers
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("RuleFile")
final class RuleFileTests {
    private let folder: URL
    private let url: URL
    private let store = RuleStore()
    /// What the file looks like, in place of what it does look like.
    private let stamps = NIOLockedValueBox<(DiskFile.Stamp?, isSet: Bool)>((nil, false))
    private let clock = NIOLockedValueBox<Int64>(0)
    private let file: RuleFile

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "siphon-rules-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        url = folder.appending(path: "rules.yaml")
        let (stamps, clock) = (stamps, clock)
        file = RuleFile(
            url.path, into: store, now: { clock.withLockedValue { $0 } },
            stamp: { disk in stamps.withLockedValue { $0.isSet ? $0.0 : disk.stamp } })
        try write(Self.a)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static let a = "rules:\n- { when: event:a, then: drop }\n"
    private static let b = "rules:\n- { when: event:b, then: drop }\n"

    private func write(_ text: String) throws { try Data(text.utf8).write(to: url) }

    private func text() throws -> String { try String(contentsOf: url, encoding: .utf8) }

    private var filters: [String] { store.list().map(\.rule.when.source) }

    private func mode(of url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    private func saved() async throws -> Int { try await file.save() }

    private func refusal() async -> RuleFile.SaveError? {
        do throws(RuleFile.SaveError) {
            _ = try await file.save()
            return nil
        } catch { return error }
    }

    // MARK: Reading

    @Test("reads a change once it has stayed the same from one look to the next")
    func settles() async throws {
        try await file.load()
        #expect(await file.check() == nil)
        try write(Self.b)
        #expect(await file.check() == nil)
        #expect(filters == ["event:a"])
        #expect(try #require(await file.check()).isSuccess)
        #expect(filters == ["event:b"])
        #expect(await file.check() == nil)
    }

    @Test("does not read what is still written")
    func waits() async throws {
        try await file.load()
        for text in ["", "rules:\n", Self.a + Self.b.dropFirst(7), Self.b] {
            try write(text)
            #expect(await file.check() == nil)
        }
        #expect(try #require(await file.check()).isSuccess)
        #expect(filters == ["event:b"])
    }

    @Test("finds a change that leaves time and size as they were, for as long as it may be such")
    func rereads() async throws {
        let stamp = DiskFile.Stamp(device: 1, inode: 2, size: 32, modified: 5_000_000_000, changed: 5_000_000_000)
        stamps.withLockedValue { $0 = (stamp, true) }
        clock.withLockedValue { $0 = 7_999_999_999 }
        try await file.load()
        try write(Self.b)
        #expect(try #require(await file.check()).isSuccess)
        #expect(filters == ["event:b"])
        clock.withLockedValue { $0 = 8_000_000_000 }
        #expect(await file.check() == nil)
        try write(Self.a)
        #expect(await file.check() == nil)
        #expect(filters == ["event:b"])
    }

    @Test(
        "says what is wrong, once, and leaves the rules", arguments: ["missing", "broken", "folder", "pipe", "large"])
    func keeps(kind: String) async throws {
        try await file.load()
        try FileManager.default.removeItem(at: url)
        switch kind {
        case "broken": try write("rules:\n- { when: event:b, then: drpo }\n")
        case "folder": try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        case "pipe": #expect(mkfifo(url.path, 0o600) == 0)
        case "large": try write(String(repeating: "#", count: RuleFileText.bytesLimit + 4))
        default: break
        }
        #expect(await file.check() == nil)
        let outcome = try #require(await file.check())
        guard case .failure(let error) = outcome else { return #expect(Bool(false)) }
        let expected = [
            "missing": "No such file", "broken": "line 2, column 26", "folder": "a folder", "pipe": "a pipe",
            "large": "larger than",
        ]
        #expect(error.description.contains(expected[kind] ?? "?"), "\(error)")
        #expect(store.error == error)
        #expect(filters == ["event:a"])
        #expect(await file.check() == nil)
        #expect(await file.check() == nil)

        try? FileManager.default.removeItem(at: url)
        try write(Self.a)
        #expect(await file.check() == nil)
        #expect(try #require(await file.check()).isSuccess)
        #expect(store.error == nil)
        #expect(store.list().map(\.id) == [RuleID(1)])
    }

    @Test("leaves the rules as they are where the file is only touched")
    func ignoresTouches() async throws {
        try await file.load()
        try store.replace(RuleID(1), ["when": "event:a", "then": "drop", "enabled": false])
        try FileManager.default.removeItem(at: url)
        try write(Self.a)
        #expect(await file.check() == nil)
        #expect(await file.check() == nil)
        #expect(store.list()[0].rule.enabled == false)
    }

    @Test("cannot be loaded where there is none")
    func loadsNone() async throws {
        try FileManager.default.removeItem(at: url)
        await #expect(throws: RuleError.self) { try await self.file.load() }
        #expect(store.error?.message.contains("cannot be opened") == true)
    }

    // MARK: Writing

    @Test("writes the rules in force, makes them the file's, and keeps ids and hits")
    func saves() async throws {
        try write("# 1\n" + Self.a)
        try await file.load()
        let added = try store.add(["when": "event:c", "then": "drop"])
        try store.reorder([added, RuleID(1)])
        _ = MiddlewareChain([store]).handle(try SocketPacket(text: #"2["c"]"#), context: .from(.client))
        #expect(try await saved() == 2)
        let expected = "# 1\nrules:\n- when: event:c\n  then: drop\n- { when: event:a, then: drop }\n"
        #expect(try text() == expected)
        #expect(store.list().map(\.id) == [added, RuleID(1)])
        #expect(store.list().map(\.hits) == [1, 0])
        #expect(store.list().map(\.source) == [.file, .file])

        // What was written is no change to read, also not for who changes a rule meanwhile.
        #expect(await file.check() == nil)
        try store.replace(added, ["when": "event:c", "then": "drop", "enabled": false])
        #expect(await file.check() == nil)
        #expect(await file.check() == nil)
        #expect(try await saved() == 2)
        #expect(try text() == expected.replacing("- { when: event:a", with: "  enabled: false\n- { when: event:a"))
        store.remove(added)
        #expect(try await saved() == 1)
        #expect(try text() == "# 1\n" + Self.a)
    }

    @Test("does not write where nothing changed")
    func writesNothing() async throws {
        try await file.load()
        let before = DiskFile(path: url.path).stamp
        #expect(try await saved() == 1)
        #expect(DiskFile(path: url.path).stamp == before)
    }

    @Test("keeps the mode and leads through a symbolic link, and leaves nothing else behind")
    func keepsMode() async throws {
        let target = folder.appending(path: "sub/target.yaml")
        try FileManager.default.createDirectory(at: folder.appending(path: "sub"), withIntermediateDirectories: false)
        try FileManager.default.moveItem(at: url, to: target)
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: "sub/target.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: target.path)
        try await file.load()
        try store.add(["when": "event:b", "then": "drop"])
        #expect(try await saved() == 2)
        #expect(try mode(of: target) == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: url.path) == "sub/target.yaml")
        #expect(try text() == Self.a + "- when: event:b\n  then: drop\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["rules.yaml", "sub"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.deletingLastPathComponent().path).count == 1)
    }

    @Test("makes a file that is gone anew, for its owner alone")
    func makesAnew() async throws {
        try write("# 1\n" + Self.a)
        try await file.load()
        try FileManager.default.removeItem(at: url)
        #expect(await file.check() == nil)
        #expect(await file.check()?.isSuccess == false)
        #expect(try await saved() == 1)
        #expect(try text() == "# 1\n" + Self.a)
        #expect(try mode(of: url) == 0o600)
        #expect(store.error == nil)
    }

    @Test("writes nothing over what it has not read")
    func refusesChanged() async throws {
        #expect(await refusal() != nil)
        try await file.load()
        try store.add(["when": "event:c", "then": "drop"])
        for (other, message) in [(Self.b, "changed on disk"), ("rules: [", "line 2, column 1")] {
            try write(other)
            let refusal = try #require(await refusal())
            #expect(refusal.description.contains(message), "\(refusal)")
            #expect(try text() == other)
        }
        try FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        #expect(await refusal()?.description.contains("a folder") == true)
        #expect(filters == ["event:a", "event:c"])
        #expect(store.list().map(\.source) == [.file, .api])
    }

    @Test("replaces a file only where it is as expected, and makes one only where there is none")
    func replacesExpected() throws {
        let disk = DiskFile(path: url.path)
        let before = try #require(disk.stamp)
        try disk.replace(with: [0x61], expected: before)
        #expect(throws: DiskFile.Failure.self) { try disk.replace(with: [0x62], expected: before) }
        #expect(throws: DiskFile.Failure.self) { try disk.replace(with: [0x62], expected: nil) }
        #expect(try text() == "a")
        let inNone = DiskFile(path: folder.appending(path: "no/rules.yaml").path)
        #expect(throws: DiskFile.Failure.self) { try inNone.replace(with: [0x61], expected: nil) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["rules.yaml"])
    }

    @Test("says which rule cannot be written, and writes none")
    func refusesUnwritable() async throws {
        try await file.load()
        try store.add(try JSONValue(parsing: #"{"when":"a","then":{"set":{"args[0]":"\ud800"}}}"#))
        let refusal = try #require(await refusal())
        #expect(refusal.description.contains("rules[1]"), "\(refusal)")
        #expect(try text() == Self.a)
        #expect(store.list().map(\.source) == [.file, .api])
    }
}

extension Result where Success == Void, Failure == RuleError {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
