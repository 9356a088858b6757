#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file by its path: what tells one state of it from the next, its bytes, and other bytes in its place.
struct DiskFile: Sendable {
    /// What tells one state of a file from the next.
    struct Stamp: Hashable, Sendable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        /// Nanoseconds since 1970.
        var modified: Int64 = 0
        /// When anything of it changed last, such as its mode or its time. No program sets it.
        var changed: Int64 = 0
    }

    struct Failure: Error, Hashable {
        var message: String
        var isMissing = false
    }

    let path: String

    /// Nil where there is none that can be looked at.
    var stamp: Stamp? {
        var info = stat()
        return stat(path, &info) == 0 ? Stamp(info) : nil
    }

    // MARK: Reading

    /// - Parameter limit: most bytes.
    func read(limit: Int) throws(Failure) -> [UInt8] {
        // A pipe is not even opened: without a writer that would block, and one that waits would take it for a reader.
        var info = stat()
        guard stat(path, &info) != 0 || info.st_mode & S_IFMT == S_IFREG else {
            throw Failure(message: "\(path) is no file but \(Self.kind(info.st_mode))")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let error = errno
            throw Failure(
                message: "the file \(path) cannot be opened: \(Self.reason(error))", isMissing: error == ENOENT)
        }
        defer { close(descriptor) }
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            throw Failure(message: "\(path) is no file but \(Self.kind(info.st_mode))")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { readDescriptor(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(message: "the file \(path) cannot be read: \(Self.reason(errno))")
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw Failure(message: "the file is larger than \(limit) bytes") }
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    private static func reason(_ error: Int32) -> String { String(cString: strerror(error)) }

    // MARK: Writing

    /// Puts other bytes in the place of the file, at once and whole: who reads it meanwhile sees the old or the new.
    /// Its mode stays, a new file is its owner's alone, and a symbolic link goes on leading to it.
    ///
    /// - Parameter expected: the state it must still be in; nil for no file.
    func replace(with bytes: [UInt8], expected: Stamp?) throws(Failure) {
        let target = Self.destination(of: path)
        // A renaming asks the folder alone, and would get past a file that is protected.
        guard access(target, W_OK) == 0 || errno == ENOENT else { throw Self.unwritten(target) }
        let (temporary, descriptor) = try Self.createTemporary(beside: target)
        do throws(Failure) {
            defer { close(descriptor) }
            try Self.write(bytes, to: descriptor)
            try Self.takeMode(of: target, descriptor)
            guard fsync(descriptor) == 0 else { throw Self.unwritten(target) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard DiskFile(path: target).stamp == expected else {
            unlink(temporary)
            throw Failure(message: "\(path) has changed meanwhile")
        }
        // A link is refused where a file has come to be; a renaming would take its place.
        let isDone = expected == nil ? link(temporary, target) == 0 : rename(temporary, target) == 0
        let error = errno
        if expected == nil || !isDone { unlink(temporary) }
        guard isDone else { throw Failure(message: "\(path) cannot be written: \(Self.reason(error))") }
        Self.syncFolder(of: target)
    }

    /// Where symbolic links lead, also to a file that is not there.
    private static func destination(of path: String) -> String {
        var path = path
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        for _ in 0..<40 {
            let count = readlink(path, &buffer, buffer.count)
            guard count > 0 else { break }
            let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            path = link.hasPrefix("/") ? link : folder(of: path) + link
        }
        return path
    }

    /// With a slash at its end; empty for the working directory.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func createTemporary(
        beside path: String
    ) throws(Failure) -> (path: String, descriptor: Int32) {
        for _ in 0..<16 {
            let number = String(UInt64.random(in: .min ... .max), radix: 36)
            let temporary = "\(folder(of: path)).siphon-\(number).tmp"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { return (temporary, descriptor) }
            guard errno == EEXIST else { break }
        }
        throw unwritten(path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeDescriptor(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(message: "it cannot be written: \(reason(errno))") }
            rest = rest.dropFirst(count)
        }
    }

    private static func takeMode(of path: String, _ descriptor: Int32) throws(Failure) {
        var info = stat()
        guard stat(path, &info) == 0 else { return }
        // Whoever may not give a file away keeps it; then no more may others.
        let isOwned = info.st_uid == geteuid() && info.st_gid == getegid()
        let keepsOwner = isOwned || fchown(descriptor, info.st_uid, info.st_gid) == 0
        let mode = info.st_mode & (keepsOwner ? 0o7777 : 0o755)
        guard fchmod(descriptor, mode) == 0 else { throw unwritten(path) }
    }

    private static func syncFolder(of path: String) {
        let folder = folder(of: path)
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func unwritten(_ path: String) -> Failure {
        Failure(message: "\(path) cannot be written: \(reason(errno))")
    }
}

extension DiskFile.Stamp {
    fileprivate init(_ info: stat) {
        #if canImport(Darwin)
            let (modified, changed) = (info.st_mtimespec, info.st_ctimespec)
        #else
            let (modified, changed) = (info.st_mtim, info.st_ctim)
        #endif
        self.init(
            device: UInt64(truncatingIfNeeded: info.st_dev), inode: UInt64(info.st_ino), size: Int64(info.st_size),
            modified: Self.nanoseconds(modified), changed: Self.nanoseconds(changed))
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// `read(2)` and `write(2)`, under names that the methods above do not hide.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

private func writeDescriptor(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
