#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An IP address as text.
enum IPLiteral {
    /// The 4 or 16 bytes of the address; nil for what is a name.
    static func bytes(of text: String) -> [UInt8]? {
        if let bytes = bytes(of: text, AF_INET, count: 4) { return bytes }
        // An IPv6 address of one interface is written with the interface behind it.
        let plain = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
        return bytes(of: plain, AF_INET6, count: 16)
    }

    private static func bytes(of text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
