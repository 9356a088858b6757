import Base64Coding
import NIOCore

extension Base64 {
    /// Appends the readable bytes of `bytes` as padded base64.
    static func encode(_ bytes: ByteBuffer, into text: inout ByteBuffer) {
        let size = encodedSize(bytes.readableBytes)
        text.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
            bytes.withUnsafeReadableBytes { encode($0, into: target) }
            return size
        }
    }

    /// Padding may be missing; nil for any other byte outside the alphabet.
    static func decode(_ text: ByteBuffer) -> ByteBuffer? {
        var bytes = ByteBuffer()
        var isValid = false
        text.withUnsafeReadableBytes { source in
            _ = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: decodedSizeLimit(source.count)) { target in
                let size = decode(source, into: target)
                isValid = size != nil
                return size ?? 0
            }
        }
        return isValid ? bytes : nil
    }
}
