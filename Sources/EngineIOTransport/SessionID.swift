/// Ids of sessions that are made here.
package enum SessionID {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".unicodeScalars)

    /// 132 random bits, in the alphabet of URL-safe base64.
    package static func random() -> String {
        var id = ""
        for _ in 0..<22 { id.unicodeScalars.append(alphabet[Int.random(in: 0..<64)]) }
        return id
    }
}
