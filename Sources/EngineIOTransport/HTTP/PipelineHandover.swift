package import NIOCore
import NIOHTTP1

/// What takes the place of HTTP in a pipeline.
package protocol HandoverTaker: RemovableChannelHandler {
    /// HTTP is out of the pipeline. Before this it must not write: an HTTP decoder that is still there looks at
    /// writes and traps on bytes.
    func handoverCompleted()
}

extension ChannelPipeline.SynchronousOperations {
    /// Takes HTTP out of the pipeline and puts `handler` in its place. Bytes that came behind the last message go to
    /// it, and then a read complete, as after any other bytes.
    ///
    /// - Parameter prepared: called once `handler` has its place and before it gets a byte.
    package func handOver<Encoder: RemovableChannelHandler, Decoder: ByteToMessageDecoder>(
        from current: ChannelHandlerContext, _ encoder: Encoder.Type, _ decoder: Decoder.Type,
        to handler: any HandoverTaker, prepared: () -> Void = {}
    ) throws {
        let channel = current.channel
        try addHandler(handler)
        let encoder = try context(handlerType: encoder)
        let decoder = try context(handlerType: ByteToMessageHandler<Decoder>.self)
        removeHandler(context: encoder, promise: nil)
        removeHandler(context: current, promise: nil)
        prepared()
        // The decoder leaves in the next turn of the loop; what it held back comes with its leaving.
        let left = channel.eventLoop.makePromise(of: Void.self)
        left.futureResult.assumeIsolated().whenComplete { _ in
            handler.handoverCompleted()
            channel.pipeline.syncOperations.fireChannelReadComplete()
            channel.pipeline.syncOperations.read()
        }
        removeHandler(context: decoder, promise: left)
    }
}
