/// The bounds of a capture. Past any of them the oldest goes, and is counted.
package struct CaptureLimits: Sendable {
    /// Bytes of all records in memory: payloads, originals, attachments and what Siphon notes about them.
    package var memoryBytes = 64 << 20

    /// Records in memory.
    package var events = 200_000

    /// Batches that wait for the capture's queue; a batch is a full chunk, or what one flush found. Past it the oldest
    /// waiting batch is lost.
    package var pendingBatches = 1024

    /// Bytes that wait for the capture's queue, never more than `memoryBytes`; the newest batch is kept even where it
    /// is larger. Past it the oldest waiting batch is lost. The default is a quarter of a second at 2 million small
    /// events a second: on two busy cores the queue was seen to wait 70 ms for its turn.
    package var pendingBytes = 64 << 20

    /// Bytes of memory that records are packed into. A larger record gets memory of its own.
    package var chunkBytes = 256 << 10

    /// Chunks that are kept for reuse, so that steady traffic neither allocates nor faults pages in.
    package var freeChunks = 16

    /// From this many bytes on, text and attachments are kept by reference, not copied. Taken over the average of a
    /// record's text and attachments: small ones are not worth a reference each.
    package var sharedPayloadBytes = 32 << 10

    /// Namespaces of one connection, and bytes of one namespace's name, up to which acks are paired. Past either an
    /// event stays pending and its ack is unknown.
    package var namespacesPaired = 1000
    package var namespaceBytesPaired = 256

    package init() {}
}
