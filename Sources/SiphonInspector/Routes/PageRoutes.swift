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
