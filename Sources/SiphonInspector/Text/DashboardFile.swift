import CDashboard

/// One file of the page.
struct DashboardFile: Sendable {
    /// Such as `/js/main.js`.
    let path: String
    let contentType: String
    let bytes: [UInt8]

    static var all: [DashboardFile] {
        var count = 0
        guard let files = siphon_dashboard_files(&count) else { return [] }
        return UnsafeBufferPointer(start: files, count: count).compactMap { file in
            guard let path = file.path, let contentType = file.content_type else { return nil }
            return DashboardFile(
                path: String(cString: path), contentType: String(cString: contentType),
                bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.bytes == nil ? 0 : file.length)))
        }
    }
}
