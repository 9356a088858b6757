import NIOCore

/// A picture of few colours as a PNG, without compression: a bot's picture has to be small, right and the same each
/// time, nothing else.
struct PixelPicture {
    let width: Int
    let height: Int
    /// Red, green and blue of each colour.
    let palette: [[UInt8]]
    /// Rows from the top; each an index into the palette.
    private(set) var pixels: [UInt8]

    /// - Parameters: `width` is 1 to 200, and a row's bytes times the rows below 65 536, what one stored block holds.
    init(width: Int, height: Int, palette: [[UInt8]]) {
        self.width = width
        self.height = height
        self.palette = palette
        pixels = Array(repeating: 0, count: width * height)
    }

    mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, colour: UInt8) {
        for row in rows.clamped(to: 0..<height) {
            for column in columns.clamped(to: 0..<width) { pixels[row * width + column] = colour }
        }
    }

    /// PNG, third edition: signature, IHDR, PLTE, IDAT with a zlib stream of one stored block (RFC 1950, 1951), IEND.
    var png: ByteBuffer {
        var rows: [UInt8] = []
        for row in 0..<height { rows += [0] + pixels[row * width..<(row + 1) * width] }
        let length = UInt16(truncatingIfNeeded: rows.count)
        var stream = ByteBuffer(bytes: [0x78, 0x01, 0x01])
        stream.writeInteger(length, endianness: .little)
        stream.writeInteger(~length, endianness: .little)
        stream.writeBytes(rows)
        stream.writeInteger(Self.adler32(rows))

        var header = ByteBuffer(integer: UInt32(truncatingIfNeeded: width))
        header.writeInteger(UInt32(truncatingIfNeeded: height))
        header.writeBytes([8, 3, 0, 0, 0])  // 8 bits, by palette

        var png = ByteBuffer(bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        Self.append("IHDR", Array(buffer: header), to: &png)
        Self.append("PLTE", palette.flatMap(\.self), to: &png)
        Self.append("IDAT", Array(buffer: stream), to: &png)
        Self.append("IEND", [], to: &png)
        return png
    }

    private static func append(_ type: String, _ content: [UInt8], to png: inout ByteBuffer) {
        let checked = Array(type.utf8) + content
        png.writeInteger(UInt32(truncatingIfNeeded: content.count))
        png.writeBytes(checked)
        png.writeInteger(crc32(checked))
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
    }

    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }
}

extension PixelPicture {
    /// Twelve deploys as bars, tall and green or short and red; each number gives another picture.
    static func deploys(_ number: Int) -> PixelPicture {
        var picture = PixelPicture(
            width: 120, height: 64,
            palette: [[0x14, 0x18, 0x1D], [0x6C, 0xC5, 0x8A], [0xF2, 0x8B, 0x82], [0x2C, 0x34, 0x3E]])
        for row in stride(from: 15, to: 64, by: 16) { picture.fill(0..<120, row..<row + 1, colour: 3) }
        // A linear congruential generator: looks like chance, and is not.
        var state = UInt32(truncatingIfNeeded: number) &* 2_654_435_761 &+ 12345
        for bar in 0..<12 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let hasFailed = state >> 24 < 90
            let height = hasFailed ? 8 + Int(state >> 28) : 34 + Int(state >> 28)
            picture.fill(bar * 10 + 2..<bar * 10 + 9, 60 - height..<60, colour: hasFailed ? 2 : 1)
        }
        return picture
    }
}
