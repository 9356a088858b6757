// swift-tools-version:6.2
import PackageDescription

/// Swift 6 mode comes with the tools version; warnings are errors; `any` and import visibility are explicit.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let locks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// An arrow points only at what stands above it. `--explicit-target-dependency-import-check error`, which the
/// scripts pass to every build, makes an import without an arrow fail to compile.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "siphon",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "siphon", targets: ["siphon"]),
        .library(name: "SocketIOClient", targets: ["SocketIOClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        library("LosslessJSON"),
        library("Base64Coding"),
        library("WebSocketCodec", [nioCore, "Base64Coding"]),
        library("EngineIOCore", [nioCore, "LosslessJSON", "Base64Coding"]),
        library("SocketIOCore", [nioCore, "LosslessJSON", "EngineIOCore"]),
        library("SiphonCore", [nioCore, "LosslessJSON", "EngineIOCore", "SocketIOCore"]),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8",
            providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
        library(
            "SiphonRules",
            [
                nioCore, locks, "CPCRE2", "LosslessJSON", "Base64Coding", "SocketIOCore", "EngineIOCore",
                "SiphonCore",
                .product(name: "Yams", package: "Yams"),
            ]),
        library(
            "SiphonCapture",
            [nioCore, locks, "LosslessJSON", "Base64Coding", "SocketIOCore", "EngineIOCore", "SiphonCore"]),
        library(
            "EngineIOTransport",
            [
                nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL, locks, "Base64Coding", "WebSocketCodec", "EngineIOCore",
                "SiphonCore",
            ]),
        library(
            "SocketIOClient",
            [
                nioCore, nioPosix, nioHTTP1, locks, logging, "LosslessJSON", "Base64Coding", "WebSocketCodec",
                "EngineIOCore", "SocketIOCore", "SiphonCore", "EngineIOTransport",
            ]),
        .executableTarget(name: "Examples", dependencies: ["SocketIOClient"], swiftSettings: strict),
        .executableTarget(name: "ClientBench", dependencies: [locks, "SocketIOClient"], swiftSettings: strict),
        library(
            "SiphonProxy",
            [
                nioCore, nioPosix, nioHTTP1, locks, logging, "LosslessJSON", "WebSocketCodec", "EngineIOCore",
                "SocketIOCore", "SiphonCore", "EngineIOTransport",
            ]),
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
        .target(name: "CDashboard", cSettings: [.disableWarning("c23-extensions")]),
        library(
            "SiphonInspector",
            [
                locks, logging, "CMicroHTTPD", "CDashboard", "LosslessJSON", "Base64Coding", "EngineIOCore",
                "SiphonCore",
                "SiphonRules", "SiphonCapture",
            ]),
        library(
            "SiphonDemo",
            [
                nioCore, nioPosix, nioHTTP1, "CDashboard", "LosslessJSON", "WebSocketCodec", "EngineIOCore",
                "SocketIOCore", "SiphonCore", "EngineIOTransport",
            ]),
        .executableTarget(
            name: "siphon",
            dependencies: [
                nioCore, nioPosix, nioHTTP1, locks, logging, "CDashboard", "LosslessJSON", "SiphonCore", "SiphonRules",
                "SiphonCapture", "EngineIOTransport", "SiphonProxy", "SiphonInspector", "SiphonDemo", "SocketIOClient",
                "SocketIOCore",
            ],
            swiftSettings: strict),
        tests(of: "LosslessJSON"),
        tests(of: "Base64Coding"),
        tests(of: "WebSocketCodec", [nioCore]),
        tests(of: "EngineIOCore", [nioCore, "LosslessJSON", "Base64Coding"]),
        tests(of: "SocketIOCore", [nioCore, "EngineIOCore", "LosslessJSON"]),
        tests(of: "SiphonCore", [nioCore, "EngineIOCore", "SocketIOCore", "LosslessJSON"]),
        tests(of: "SiphonRules", [nioCore, "EngineIOCore", "SocketIOCore", "SiphonCore", "LosslessJSON"]),
        tests(of: "SiphonCapture", [nioCore, "EngineIOCore", "SocketIOCore", "SiphonCore", "LosslessJSON"]),
        tests(
            of: "EngineIOTransport",
            [
                nioCore, nioPosix, nioHTTP1, nioSSL, nioEmbedded, locks, "WebSocketCodec", "EngineIOCore",
                "SiphonCore",
            ]),
        tests(
            of: "SocketIOClient",
            [
                nioCore, nioPosix, nioHTTP1, nioSSL, locks, logging, "LosslessJSON", "Base64Coding", "WebSocketCodec",
                "EngineIOCore", "SocketIOCore", "SiphonCore", "EngineIOTransport",
            ]),
        tests(of: "SiphonProxy", [nioCore, nioHTTP1, logging, "EngineIOCore", "EngineIOTransport", "SiphonCore"]),
        tests(
            of: "SiphonInspector",
            [
                nioCore, locks, logging, "LosslessJSON", "EngineIOCore", "SocketIOCore", "SiphonCore", "SiphonCapture",
                "SiphonRules",
            ]),
        tests(
            of: "siphon",
            [nioCore, nioHTTP1, nioEmbedded, "LosslessJSON", "SiphonCore", "SiphonRules", "SocketIOClient"]),
        tests(of: "SiphonDemo", [nioCore, "LosslessJSON", "EngineIOCore", "SocketIOCore"]),
    ]
)
