import CDashboard

/// The files of the page, embedded in the program: nothing is read from a disk, so no path leads anywhere else.
enum PageRoutes {
    static var all: [Route] {
        DashboardFile.all.map { file in
            Route("GET", file.path == "/index.html" ? "/" : file.path) { request, _, _ throws(InspectorError) in
                _ = try QueryParameters(request)
                return InspectorResponse(
                    status: 200, headers: [("Content-Type", file.contentType)], body: .bytes(file.bytes))
            }
        }
    }
}

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
