import NIOConcurrencyHelpers

/// A body that is sent as it is written. Any task writes, the HTTP thread reads; where there is nothing to read the
/// connection sleeps until the next write.
package final class ResponseStream: Sendable {
    package enum WriteResult: Equatable, Sendable {
        case written
        /// The buffer is at its limit: nothing was written.
        case full
        /// The client has gone or the stream has ended.
        case closed
    }

    /// What a read found.
    enum ReadResult: Equatable {
        case bytes(Int)
        /// Nothing yet; the connection is asleep.
        case asleep
        case end
        /// The connection must be cut.
        case cut
    }

    private struct State {
        var buffer: [UInt8] = []
        var offset = 0
        var isFinished = false
        var isCut = false
        var isClosed = false
        var wake: (@Sendable () -> Void)?
        var onClose: (@Sendable () -> Void)?
        var onCut: (@Sendable () -> Void)?

        var count: Int { buffer.count - offset }
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int

    /// - Parameter limit: most bytes that wait to be read.
    package init(limit: Int) { self.limit = limit }

    package var bytesWaiting: Int { state.withLockedValue { $0.count } }

    @discardableResult
    package func write(_ bytes: [UInt8]) -> WriteResult {
        state.withLockedValue { state in
            guard !state.isFinished, !state.isCut, !state.isClosed else { return .closed }
            guard state.count + bytes.count <= limit else { return .full }
            if state.offset > 0, state.offset >= state.count {
                state.buffer.removeFirst(state.offset)
                state.offset = 0
            }
            state.buffer.append(contentsOf: bytes)
            Self.wake(&state)
            return .written
        }
    }

    /// Ends the body in good order once what was written has been read.
    package func finish() {
        state.withLockedValue { state in
            state.isFinished = true
            Self.wake(&state)
        }
    }

    /// Ends the body without the rest, and the connection with it.
    package func cut() {
        let action = state.withLockedValue { state in
            state.isCut = true
            state.buffer = []
            state.offset = 0
            Self.wake(&state)
            defer { state.onCut = nil }
            return state.onCut
        }
        action?()
    }

    /// Sets what ends the connection; done at once where the stream is cut already.
    func onCut(_ action: @escaping @Sendable () -> Void) {
        let isCut = state.withLockedValue { state in
            if !state.isCut { state.onCut = action }
            return state.isCut
        }
        if isCut { action() }
    }

    /// Calls `action` once when the response is over for whatever reason; at once where it is over already.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        let isClosed = state.withLockedValue { state in
            if !state.isClosed { state.onClose = action }
            return state.isClosed
        }
        if isClosed { action() }
    }

    /// Reads what there is. Where there is nothing, `sleep` is called with the lock held, so that no write can fall
    /// between the look and the sleep, and returns what wakes the connection again.
    func read(into target: UnsafeMutableRawBufferPointer, sleep: () -> (@Sendable () -> Void)) -> ReadResult {
        state.withLockedValue { state in
            if state.isCut { return .cut }
            let count = min(target.count, state.count)
            if count > 0 {
                state.buffer.withUnsafeBytes { bytes in
                    target.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[state.offset..<state.offset + count]))
                }
                state.offset += count
                if state.offset == state.buffer.count {
                    state.buffer.removeAll(keepingCapacity: state.buffer.capacity <= 1 << 16)
                    state.offset = 0
                }
                return .bytes(count)
            }
            if state.isFinished { return .end }
            state.wake = sleep()
            return .asleep
        }
    }

    /// Tells that the response is over: nothing reads any more.
    func close() {
        let action = state.withLockedValue { state in
            state.isClosed = true
            state.buffer = []
            state.offset = 0
            state.wake = nil
            state.onCut = nil
            defer { state.onClose = nil }
            return state.onClose
        }
        action?()
    }

    /// One wake for each sleep: waking a connection that is awake would put it to work for nothing.
    private static func wake(_ state: inout State) {
        guard let wake = state.wake else { return }
        state.wake = nil
        wake()
    }
}
