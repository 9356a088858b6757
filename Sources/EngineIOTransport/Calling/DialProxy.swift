/// An HTTP proxy that connections go through, by a tunnel for each (RFC 9110, 9.3.6).
package struct DialProxy: Sendable {
    package let url: ServerURL
    /// The value of `Proxy-Authorization`: Basic, of the URL's user.
    package let authorization: String?
    /// TLS to the proxy itself.
    package let security: DialSecurity?

    /// - Parameter security: for a URL of https and for no other.
    package init(url: ServerURL, security: DialSecurity? = nil) {
        precondition(url.isSecure == (security != nil), "the proxy's URL says whether it is spoken to by TLS")
        self.url = url
        self.security = security
        authorization = url.authorization
    }
}
