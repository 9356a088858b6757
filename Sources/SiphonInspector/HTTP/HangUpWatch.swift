import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells when a client leaves whose connection is asleep, which libmicrohttpd does not look at. For streams only:
/// there a client has nothing more to say, while elsewhere one that closed its sending half may still await its answer.
///
/// Unchecked: a source is safe to cancel from any thread (libdispatch), and nothing else is done with it.
final class HangUpWatch: @unchecked Sendable {
    private let source: any DispatchSourceRead

    init?(descriptor: CInt, _ action: @escaping @Sendable () -> Void) {
        let copy = dup(descriptor)
        guard copy >= 0 else { return nil }
        let source = DispatchSource.makeReadSource(fileDescriptor: copy, queue: .global())
        self.source = source
        source.setEventHandler {
            var byte: UInt8 = 0
            let count = recv(copy, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            source.cancel()
            if count <= 0 { action() }
        }
        source.setCancelHandler { close(copy) }
        source.resume()
    }

    func cancel() { source.cancel() }
}
