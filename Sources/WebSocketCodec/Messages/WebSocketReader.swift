package import NIOCore

/// Turns what a peer sends after the handshake into messages and control frames (RFC 6455, section 5). No extension is
/// ever negotiated.
///
/// A payload that was not fragmented is a slice of the bytes appended (client role), or of one buffer into which all
/// whole frames of an append are unmasked at once (server role). A slice that somebody keeps is never written to again,
/// and keeps all of that buffer.
package struct WebSocketReader: Sendable {
    /// Both limits are brought below these, so that no sum of lengths leaves what a `ByteBuffer` holds (4 GiB).
    private static let largestMessageBytesLimit = 1 << 30
    private static let largestFragmentsLimit = 1 << 24
    /// A larger buffer for unmasking is not kept for the next append.
    private static let keptPlainBytes = 4096

    /// Most bytes of the payload of one message, over all its fragments.
    package let messageBytesLimit: Int
    /// Most frames of one message.
    package let fragmentsLimit: Int
    private let isMasked: Bool

    /// What came and is not yet taken; begins with a frame.
    private(set) var buffer = ByteBuffer()
    /// Whether `buffer` is ours alone, so that more can be written to its end without copying all of it.
    private var isBufferOwned = false
    /// In the server role: the unmasked payloads of the first frames in `buffer`, one after the other.
    private(set) var plain = ByteBuffer()
    private(set) var partial: PartialMessage?
    /// Bytes taken out of `buffer` so far.
    private var takenBytes = 0
    private var isEnded = false
    private var failure: WebSocketError?

    package init(role: WebSocketRole, messageBytesLimit: Int, fragmentsLimit: Int) {
        self.messageBytesLimit = min(max(messageBytesLimit, 0), Self.largestMessageBytesLimit)
        self.fragmentsLimit = min(max(fragmentsLimit, 1), Self.largestFragmentsLimit)
        isMasked = role == .server
    }

    /// Takes what a read brought. Call `next()` until it returns nil before the next append. After a close frame or an
    /// error the bytes are ignored.
    package mutating func append(_ bytes: ByteBuffer) {
        guard !isEnded else { return }
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            isBufferOwned = false
            return
        }
        if !isBufferOwned {
            // Writing to a buffer of which slices are out would copy all of it, so only what is left moves to a new
            // one. That one then grows by doubling, with what really came: an announced length reserves nothing.
            var owned = ByteBuffer()
            owned.reserveCapacity(buffer.readableBytes + bytes.readableBytes)
            owned.writeImmutableBuffer(buffer)
            buffer = owned
            isBufferOwned = true
        }
        buffer.writeImmutableBuffer(bytes)
    }

    /// Returns the next message or control frame, and nil while more bytes are needed or after a close frame. A
    /// control frame within a fragmented message comes at once.
    ///
    /// - Throws: What the peer did wrong, after all that came before it was returned; then the same again.
    package mutating func next() throws(WebSocketError) -> WebSocketInput? {
        if isEnded {
            if let failure { throw failure }
            return nil
        }
        while true {
            switch buffer.withUnsafeReadableBytes({ FrameHeader.scan($0, isMasked: isMasked) }) {
            case .incomplete:
                releaseBuffers()
                return nil
            case .fault(let code):
                throw end(code)
            case .header(let header):
                if !header.opcode.isControl, let code = faultInMessage(header) { throw end(code) }
                guard let frameBytes = header.frameBytes(within: buffer.readableBytes) else {
                    releaseBuffers()
                    return nil
                }
                if let input = try take(header, frameBytes: frameBytes) { return input }
            }
        }
    }

    // MARK: Frames

    /// Why this data frame may not follow what came before it; its payload need not be here yet.
    @inline(__always)
    private func faultInMessage(_ header: FrameHeader) -> WebSocketError.Code? {
        guard let partial else {
            if header.opcode == .continuation { return .unexpectedContinuation }
            return header.payloadBytes > messageBytesLimit ? .messageTooLarge : nil
        }
        if header.opcode != .continuation { return .expectedContinuation }
        if header.payloadBytes > messageBytesLimit - partial.payload.readableBytes { return .messageTooLarge }
        return partial.fragments < fragmentsLimit ? nil : .tooManyFragments
    }

    /// Takes the frame at the start of `buffer`, all of which is there.
    @inline(__always)
    private mutating func take(
        _ header: FrameHeader, frameBytes: Int
    ) throws(WebSocketError) -> WebSocketInput? {
        let payloadBytes = frameBytes - header.headerBytes
        if isMasked, payloadBytes > 0, plain.readableBytes == 0 { Self.unmaskWholeFrames(of: buffer, into: &plain) }
        guard let payload = takePayload(header, payloadBytes: payloadBytes),
            let frame = buffer.readSlice(length: frameBytes)
        else { preconditionFailure("what is taken has been measured") }
        isBufferOwned = false
        takenBytes &+= frameBytes

        switch header.opcode {
        case .text where header.isFinal:
            try checkText(payload)
            return .message(.text, payload: payload, frames: frame)
        case .binary where header.isFinal:
            return .message(.binary, payload: payload, frames: frame)
        case .text, .binary, .continuation:
            return try takeFragment(header, payload: payload, frame: frame)
        case .ping:
            return .ping(payload)
        case .pong:
            return .pong(payload)
        case .close:
            return try takeClose(payload, frameBytes: frameBytes)
        }
    }

    @inline(__always)
    private mutating func takePayload(_ header: FrameHeader, payloadBytes: Int) -> ByteBuffer? {
        guard isMasked, payloadBytes > 0 else {
            return buffer.getSlice(at: buffer.readerIndex + header.headerBytes, length: payloadBytes)
        }
        return plain.readSlice(length: payloadBytes)
    }

    @inline(__always)
    private mutating func checkText(_ payload: ByteBuffer) throws(WebSocketError) {
        var validator = UTF8Validator()
        let fault = payload.withUnsafeReadableBytes { validator.firstFault(in: $0) }
        if let fault { throw end(.badUTF8, at: takenBytes - payload.readableBytes + fault) }
        guard validator.isBetweenCharacters else { throw end(.badUTF8, at: takenBytes) }
    }

    private mutating func takeFragment(
        _ header: FrameHeader, payload: ByteBuffer, frame: ByteBuffer
    ) throws(WebSocketError) -> WebSocketInput? {
        if partial == nil { partial = PartialMessage(kind: header.opcode == .text ? .text : .binary) }
        if let fault = partial?.add(payload: payload, frame: frame) {
            throw end(.badUTF8, at: takenBytes - payload.readableBytes + fault)
        }
        guard header.isFinal, let message = partial else { return nil }
        guard message.mayEnd else { throw end(.badUTF8, at: takenBytes) }
        partial = nil
        return .message(message.kind, payload: message.payload, frames: message.frames)
    }

    /// RFC 6455, section 5.5.1: nothing, or a code in two bytes and a reason in UTF-8.
    private mutating func takeClose(
        _ payload: ByteBuffer, frameBytes: Int
    ) throws(WebSocketError) -> WebSocketInput? {
        var reason = payload
        var code: UInt16?
        if payload.readableBytes > 0 {
            code = reason.readInteger()
            guard let code else { throw end(.badClosePayload, at: takenBytes - frameBytes) }
            guard WebSocketCloseCode.isSendable(code) else { throw end(.badCloseCode, at: takenBytes - frameBytes) }
            try checkText(reason)
        }
        end()
        return .close(code: code, reason: reason)
    }

    // MARK: Buffers

    /// Unmasks the payloads of the frames at the start of `source`, as far as the frames are whole.
    private static func unmaskWholeFrames(of source: ByteBuffer, into plain: inout ByteBuffer) {
        source.withUnsafeReadableBytes { source in
            var payloadBytes = 0
            forEachWholeFrame(in: source) { payloadBytes += $1.count }
            if plain.storageCapacity < payloadBytes { plain = ByteBuffer() }
            plain.clear(minimumCapacity: payloadBytes)
            _ = plain.writeWithUnsafeMutableBytes(minimumWritableBytes: payloadBytes) { target in
                guard var end = target.baseAddress else { return 0 }
                forEachWholeFrame(in: source) { mask, payload in
                    WebSocketMask.apply(mask, from: payload, to: end)
                    end += payload.count
                }
                return payloadBytes
            }
        }
    }

    @inline(__always)
    private static func forEachWholeFrame(
        in bytes: UnsafeRawBufferPointer, _ body: (_ mask: UInt32, _ payload: UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        while case .header(let header) = FrameHeader.scan(bytes, at: start, isMasked: true),
            let frameBytes = header.frameBytes(within: bytes.count - start)
        {
            body(header.mask, UnsafeRawBufferPointer(rebasing: bytes[start + header.headerBytes..<start + frameBytes]))
            start += frameBytes
        }
    }

    /// Lets go of what a read or a large message left, so that an idle connection holds little.
    @inline(__always)
    private mutating func releaseBuffers() {
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        if plain.readableBytes == 0, plain.storageCapacity > Self.keptPlainBytes { plain = ByteBuffer() }
    }

    // MARK: End

    private mutating func end() {
        isEnded = true
        buffer = ByteBuffer()
        plain = ByteBuffer()
        partial = nil
    }

    /// The fault in the frame that is next, or at `offset` in the bytes appended.
    private mutating func end(_ code: WebSocketError.Code, at offset: Int? = nil) -> WebSocketError {
        let error = WebSocketError(code, at: offset ?? takenBytes)
        failure = error
        end()
        return error
    }
}
