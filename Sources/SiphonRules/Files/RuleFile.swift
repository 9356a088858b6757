import SiphonCore

/// The file of `--rules`: brings its rules into the store when it changes, and writes the rules in force back into it.
///
/// A text that is wrong, too large or no longer there leaves the rules as they are; the store keeps the error for the
/// API and the page. Reads and writes the disk on the caller's thread, one call at a time.
package actor RuleFile {
    /// Why the rules were not saved.
    package enum SaveError: Error, Hashable, CustomStringConvertible {
        /// The file is not as it was read last.
        case changed(String)
        case unwritable(String)

        package var description: String {
            switch self {
            case .changed(let message), .unwritable(let message): message
            }
        }
    }

    /// For this long after its last change a file may change again and look the same: file systems count time in steps
    /// of up to two seconds.
    private static let uncertainNanoseconds: Int64 = 3_000_000_000

    /// As it was given.
    package nonisolated let path: String

    private let disk: DiskFile
    private let store: RuleStore
    private let now: @Sendable () -> Int64
    private let stamp: @Sendable (DiskFile) -> DiskFile.Stamp?

    /// What the store has its rules from, and their ids.
    private var current: (file: RuleFileText, ids: [RuleID])?
    private var reading: Result<[UInt8], DiskFile.Failure>?
    /// The state that was read, and whether a later change is sure to show in it.
    private var readStamp: DiskFile.Stamp?
    private var isCertain = false
    /// The state at the last look.
    private var glimpse: DiskFile.Stamp?

    package init(_ path: String, into store: RuleStore) {
        self.init(path, into: store, now: Timestamp.now, stamp: \.stamp)
    }

    init(
        _ path: String, into store: RuleStore, now: @escaping @Sendable () -> Int64,
        stamp: @escaping @Sendable (DiskFile) -> DiskFile.Stamp?
    ) {
        self.path = path
        self.store = store
        self.now = now
        self.stamp = stamp
        disk = DiskFile(path: path)
    }

    // MARK: Reading

    /// Reads the file as it is.
    package func load() throws(RuleError) {
        look()
        try take(read()).get()
    }

    /// To be called at an interval: reads the file again when it has changed and then stayed the same from one call to
    /// the next, so that none is read while it is written. Returns nil where nothing was new.
    package func check() -> Result<Void, RuleError>? {
        let before = glimpse
        look()
        guard glimpse == before, glimpse != readStamp || !isCertain else { return nil }
        let bytes = read()
        guard bytes == reading else { return take(bytes) }
        note(bytes)
        return nil
    }

    private func look() { glimpse = stamp(disk) }

    private func note(_ bytes: Result<[UInt8], DiskFile.Failure>) {
        reading = bytes
        readStamp = glimpse
        let age = glimpse.map { now() - $0.changed }
        isCertain = age.map { !(0..<Self.uncertainNanoseconds).contains($0) } ?? true
    }

    private func read() -> Result<[UInt8], DiskFile.Failure> {
        do throws(DiskFile.Failure) { return .success(try disk.read(limit: RuleFileText.bytesLimit + 3)) } catch {
            return .failure(error)
        }
    }

    private func take(_ bytes: Result<[UInt8], DiskFile.Failure>) -> Result<Void, RuleError> {
        note(bytes)
        do throws(RuleError) {
            let file = try RuleFileText(bytes: try bytes.mapError { RuleError(path: "", message: $0.message) }.get())
            current = (file, try store.load(file.rules))
            return .success(())
        } catch {
            store.fail(error)
            return .failure(error)
        }
    }

    // MARK: Writing

    /// Writes the rules in force, in their order, into the file, and makes them the file's. Returns how many there are.
    ///
    /// Nothing is written over what was not read. A file that is gone is made anew, from what was read of it last.
    package func save() throws(SaveError) -> Int {
        guard let current else { throw .changed("\(path) has never been read without an error") }
        let found = try stampToReplace(current.file)
        let rules = store.list()
        let file: RuleFileText
        do {
            let places = Dictionary(uniqueKeysWithValues: zip(current.ids, current.ids.indices))
            file = try current.file.replacing(rules.map(\.rule), origins: rules.map { places[$0.id] })
        } catch {
            throw .unwritable("\(path) was left as it is: \(error)")
        }
        if found == nil || file.text != current.file.text {
            do throws(DiskFile.Failure) { try disk.replace(with: file.bytes, expected: found) } catch {
                throw .unwritable(error.message)
            }
        }
        look()
        note(.success(file.bytes))
        self.current = (file, rules.map(\.id))
        store.markSaved(Set(rules.map(\.id)))
        return rules.count
    }

    /// The state of the file that is to be replaced, nil where it is gone. Throws where it is not as it was read.
    private func stampToReplace(_ file: RuleFileText) throws(SaveError) -> DiskFile.Stamp? {
        let found = disk.stamp
        switch read() {
        case .success(file.bytes): return found
        case .failure(let failure) where failure.isMissing: return nil
        case .failure(let failure): throw .changed(failure.message)
        case .success(let bytes):
            do { _ = try RuleFileText(bytes: bytes) } catch {
                throw .changed("\(path) has changed and is wrong; mend it first: \(error)")
            }
            throw .changed("\(path) has changed on disk; it is read again in a moment")
        }
    }
}
