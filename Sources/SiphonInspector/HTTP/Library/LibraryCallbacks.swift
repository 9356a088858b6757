import CMicroHTTPD

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What libmicrohttpd calls, on its thread, handed on to the server. A socket's and a request's object live from the
/// first callback about them to the last.
extension siphon_mhd_callbacks {
    static func calling(_ server: Unmanaged<HTTPServer>) -> siphon_mhd_callbacks {
        siphon_mhd_callbacks(
            context: server.toOpaque(),
            opened: { context, descriptor in
                guard let server = httpServer(at: context) else { return nil }
                return Unmanaged.passRetained(server.opened(descriptor)).toOpaque()
            },
            closed: { context, socket in
                guard let server = httpServer(at: context), let socket else { return }
                server.closed(Unmanaged<ClientSocket>.fromOpaque(socket).takeRetainedValue())
            },
            began: { context, target in
                guard let server = httpServer(at: context), let target else { return nil }
                let exchange = HTTPExchange(
                    target: String(cString: target), targetEnd: UInt(bitPattern: target + strlen(target)))
                server.began(exchange)
                return Unmanaged.passRetained(exchange).toOpaque()
            },
            access: { context, connection, socket, request, method, version, upload, uploadSize in
                guard let server = httpServer(at: context), let connection, let socket, let request, let method,
                    let version, let uploadSize
                else { return 0 }
                let piece =
                    uploadSize.pointee > 0 ? UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee) : nil
                uploadSize.pointee = 0  // all of it is taken
                let call = LibraryCall(
                    exchange: Unmanaged<HTTPExchange>.fromOpaque(request).takeUnretainedValue(),
                    socket: Unmanaged<ClientSocket>.fromOpaque(socket).takeUnretainedValue(),
                    connection: LibraryConnection(pointer: connection), method: String(cString: method),
                    version: version, upload: piece)
                return server.access(call) ? 1 : 0
            },
            completed: { context, socket, request in
                guard let server = httpServer(at: context), let request else { return }
                server.completed(
                    Unmanaged<HTTPExchange>.fromOpaque(request).takeRetainedValue(),
                    socket.map { Unmanaged<ClientSocket>.fromOpaque($0).takeUnretainedValue() })
            },
            log: { context, message in
                guard let server = httpServer(at: context), let message else { return }
                server.heard(String(cString: message))
            })
    }
}

private func httpServer(at context: UnsafeMutableRawPointer?) -> HTTPServer? {
    context.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
}
