/// Names of namespaces: as users write them, and as packets carry them (Socket.IO v5, "Packet encoding").
package enum NamespaceName {
    /// With the `/` that users leave out.
    package static func completed(_ name: String) -> String {
        name.utf8.first == UInt8(ascii: "/") ? name : "/" + name
    }

    /// As `completed`; nil for what no packet can name: a comma ends the name there, and what follows a `?` is a query.
    package static func parsed(_ name: String) -> String? {
        name.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "?") } ? nil : completed(name)
    }
}
