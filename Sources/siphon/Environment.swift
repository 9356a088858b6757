#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The environment variables that Siphon looks at.
enum Environment {
    static var current: [String: String] {
        var values: [String: String] = [:]
        for name in ["SIPHON_INSPECTOR", "SIPHON_TOKEN", "NO_COLOR", "TERM"] {
            if let value = getenv(name) { values[name] = String(cString: value) }
        }
        return values
    }
}
