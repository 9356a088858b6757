/// What every answer says to a browser, whatever it answers.
enum SecurityHeaders {
    /// The page is whole in itself: nothing inline, nothing from elsewhere, in no frame.
    static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
    ].joined(separator: "; ")

    static let all: [(name: String, value: String)] = [
        ("Content-Security-Policy", contentSecurityPolicy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    /// `headers` with all that it does not say itself.
    static func added(to headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        all.filter { standard in !headers.contains { $0.name == standard.name } } + headers
    }
}
