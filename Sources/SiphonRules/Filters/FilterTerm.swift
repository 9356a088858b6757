package import EngineIOCore
package import SiphonCore

/// One `key:value|value`, or bare words. One of the values is enough.
package enum FilterTerm: Hashable, Sendable {
    case event([TextPattern])
    case namespace([TextPattern])
    case connection([ConnectionID])
    case from([Side])
    case kind([EventKind])
    case state([FilterState])
    case transport([EngineTransport])
    case engineVersion([UInt8])
    case parser([PacketParserName])
    case text([SearchWord])
}
