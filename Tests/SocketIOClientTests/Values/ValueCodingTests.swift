import Foundation
import Testing

@testable import SocketIOClient

private struct User: Codable, Hashable {
    enum Role: String, Codable { case admin, guest }

    var name: String
    var age: UInt8
    var nick: String?
    var role = Role.guest
    var tags: [String] = []
    var scores: [String: Double] = [:]
}

private enum Shape: Codable, Hashable {
    case point
    case circle(radius: Double)
    case named(String, size: Int?)
    indirect case group([Shape])
}

private class Animal: Codable {
    var legs = 4
    init() {}
}

private final class Dog: Animal {
    var name = ""

    private enum CodingKeys: String, CodingKey { case name }

    init(name: String) {
        self.name = name
        super.init()
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        try super.init(from: try container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try super.encode(to: container.superEncoder())
    }
}

private final class Chain: Codable {
    var next: Chain?
    init(_ next: Chain?) { self.next = next }
}

/// Nested containers of both kinds, written in two goes.
private struct ByHand: Codable, Hashable {
    var numbers: [Int], x: Int, y: Int

    private enum Key: String, CodingKey { case numbers, place, x, y }

    init(numbers: [Int], x: Int, y: Int) {
        self.numbers = numbers
        self.x = x
        self.y = y
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var list = try container.nestedUnkeyedContainer(forKey: .numbers)
        numbers = []
        while !list.isAtEnd {
            var pair = try list.nestedUnkeyedContainer()
            numbers.append(try pair.decode(Int.self))
        }
        let place = try container.nestedContainer(keyedBy: Key.self, forKey: .place)
        x = try place.decode(Int.self, forKey: .x)
        y = try place.decode(Int.self, forKey: .y)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        var list = container.nestedUnkeyedContainer(forKey: .numbers)
        for number in numbers {
            var pair = list.nestedUnkeyedContainer()
            try pair.encode(number)
        }
        var first = container.nestedContainer(keyedBy: Key.self, forKey: .place)
        try first.encode(x, forKey: .x)
        var second = container.nestedContainer(keyedBy: Key.self, forKey: .place)
        try second.encode(y, forKey: .y)
    }
}

@Suite("Codable")
struct ValueCodingTests {
    private static let ada = User(
        name: "Ada \"é\" 😀", age: 36, nick: nil, role: .admin, tags: ["a", ""], scores: ["x": 1.5, "y": -0.25])

    /// Encodes with this library and with Foundation, and expects the same; decodes each with the other.
    private func agree<T: Codable & Equatable>(_ value: T) throws {
        let encoded = try SocketIOValue(encoding: value)
        #expect(try encoded.decode(T.self) == value)
        let foundation = try JSONEncoder().encode(value)
        #expect(try SocketIOValue(json: String(decoding: foundation, as: UTF8.self)).decode(T.self) == value)
        #expect(try JSONDecoder().decode(T.self, from: Data(encoded.jsonText.utf8)) == value)
    }

    @Test("agrees with Foundation's coders on plain types")
    func agreement() throws {
        try agree(Self.ada)
        try agree([Self.ada, User(name: "", age: 255, nick: "n")])
        try agree([Shape.point, .circle(radius: 0.1), .named("x", size: nil), .group([.named("", size: 3), .point])])
        try agree(ByHand(numbers: [1, 2, 3], x: -1, y: 2))
        try agree(["a": [1: "x"], "b": [:]])
        try agree([User.Role.admin, .guest])
        try agree([nil, 1, nil] as [Int?])
        try agree([Int8.min, 0, .max])
        try agree([Int16.min, .max])
        try agree([Int32.min, .max])
        try agree([Int64.min, .max])
        try agree([Int.min, .max])
        try agree([UInt16.max])
        try agree([UInt32.max])
        try agree([UInt64.max])
        try agree([UInt.max])
        try agree([0, -0.0, 0.1, 1e-7, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi] as [Double])
        try agree([0.1, 1e-7, 1e30, .greatestFiniteMagnitude] as [Float])
        try agree([true, false])
        try agree(["", "\u{0}", "é", "😀"])
        try agree(["u": UUID()])
        try agree([URL(string: "https://example.org/a?b=c")])
        try agree([Decimal(string: "1.10"), Decimal(string: "-12345678901234567890.5")])
        try agree(Set(["a", "b"]))
        try agree(0..<3)
        try agree(7)
        try agree("x")
        try agree(Int?.none)
    }

    @Test("writes objects in the order of their properties and leaves nil properties out")
    func order() throws {
        let value = try SocketIOValue(encoding: User(name: "x", age: 1))
        #expect(value.jsonText == #"{"name":"x","age":1,"role":"guest","tags":[],"scores":{}}"#)
        #expect(
            try SocketIOValue(encoding: ByHand(numbers: [7], x: 1, y: 2)).jsonText
                == #"{"numbers":[[7]],"place":{"x":1,"y":2}}"#)
        #expect(try SocketIOValue(encoding: [nil, 1] as [Int?]) == [nil, 1])
    }

    @Test("codes superclasses under super")
    func superclasses() throws {
        let dog = Dog(name: "Rex")
        dog.legs = 3
        let value = try SocketIOValue(encoding: dog)
        #expect(value.jsonText == #"{"name":"Rex","super":{"legs":3}}"#)
        #expect(try value.decode(Dog.self).legs == 3)
        #expect(
            fault { () throws(SocketIOClientError) in try (["name": "x"] as SocketIOValue).decode(Dog.self) }?.message
                == "super: expected an object for SocketIOObject, found null")
    }

    @Test("codes integers of 128 bits")
    func wide() throws {
        let value = try SocketIOValue(encoding: ["a": [Int128.min, .max]])
        #expect(try value.decode([String: [Int128]].self) == ["a": [.min, .max]])
        #expect(try SocketIOValue(encoding: UInt128.max).decode(UInt128.self) == .max)
    }

    @Test("stands for itself: values, objects and numbers in a user's types keep their text")
    func native() throws {
        struct Message: Codable {
            var body: SocketIOValue, number: SocketIONumber, object: SocketIOObject, list: [SocketIOValue]
        }
        let value: SocketIOValue = [
            "body": ["z": .binary([1]), "a": nil, "z": 1.0], "number": .number(SocketIONumber(validated: "1e400")),
            "object": ["b": 1, "a": 2], "list": [nil, 1.50],
        ]
        let message = try value.decode(Message.self)
        #expect(message.number.text == "1e400")
        #expect(try SocketIOValue(encoding: message) == value)
    }

    @Test("goes through Foundation's coders, too")
    func foreignCoders() throws {
        let value: SocketIOValue = [
            "a": [nil, true, -7, 1.5, "é", .binary([1, 2])], "b": [:], "c": .number(SocketIONumber(UInt64.max)),
        ]
        let data = try JSONEncoder().encode(value)
        let back = try JSONDecoder().decode(SocketIOValue.self, from: data)
        for key in ["a", "b", "c"] { #expect(back[key] == value[key]) }
        #expect(try JSONDecoder().decode(SocketIOObject.self, from: data).count == 3)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SocketIOObject.self, from: Data("[1]".utf8)) }
    }

    @Test("takes bytes for [UInt8] and Data, and reads them from lists as well")
    func binary() throws {
        struct File: Codable, Equatable { var bytes: [UInt8], data: Data }
        let file = File(bytes: [0, 255], data: Data([7]))
        let value: SocketIOValue = ["bytes": .binary([0, 255]), "data": .binary([7])]
        #expect(try SocketIOValue(encoding: file) == value)
        #expect(try value.decode(File.self) == file)
        #expect(try (["bytes": [0, 255], "data": [7]] as SocketIOValue).decode(File.self) == file)
        #expect(try SocketIOValue(encoding: file.bytes) == .binary([0, 255]))
        #expect(try SocketIOValue(encoding: file.data[0...]) == .binary([7]))
    }

    @Test(
        "writes dates as JavaScript does",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000.999, "2023-11-14T22:13:20.999Z"),
            (-0.5, "1969-12-31T23:59:59.500Z"), (1_700_000_000.9996, "2023-11-14T22:13:21.000Z"),
        ])
    func dates(seconds: Double, text: String) throws {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(try SocketIOValue(encoding: date) == .string(text))
        #expect(abs(try SocketIOValue(text).decode(Date.self).timeIntervalSince(date)) < 0.001)
        #expect(try SocketIOValue(seconds).decode(Date.self) == date)
    }

    @Test(
        "reads dates with other zones and without fractions",
        arguments: ["2023-11-14T22:13:20Z", "2023-11-15T00:13:20+02:00"])
    func otherDates(text: String) throws {
        #expect(try SocketIOValue(text).decode(Date.self) == Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test(
        "refuses dates that ISO 8601 cannot write", arguments: [.infinity, -.infinity, .nan, 1e18, -1e12] as [Double])
    func noDates(seconds: Double) {
        let fault = fault { () throws(SocketIOClientError) in
            try SocketIOValue(encoding: Date(timeIntervalSince1970: seconds))
        }
        #expect(fault?.message == "the date lies outside of the years 1 to 9999")
    }

    @Test("reads whole numbers however they are written", arguments: ["2", "2.0", "2e0", "0.2e1", "200e-2"])
    func wholes(text: String) throws {
        let value = try SocketIOValue(json: text)
        #expect(try value.decode(Int.self) == 2)
        #expect(try value.decode(UInt8.self) == 2)
        #expect(try value.decode(Double.self) == 2)
    }

    /// A fault of decoding `json` as `type`.
    private func message<T: Decodable>(_ json: String, as type: T.Type) throws -> String? {
        let value = try SocketIOValue(json: json)
        let fault = fault { () throws(SocketIOClientError) in try value.decode(type, path: "args[0]") }
        if let fault { #expect(fault.code == .decoding) }
        return fault?.message
    }

    @Test("says where a value does not fit and what was expected")
    func faults() throws {
        struct Event: Codable { var user: User?, list: [[Int]]?, when: Date?, link: URL?, price: Decimal?, data: Data? }
        let user = #""name":"x","role":"guest","tags":[],"scores":{}"#
        let cases = [
            (#"{"user":{\#(user),"age":"x"}}"#, #"args[0].user.age: expected UInt8, found the string "x""#),
            (#"{"user":{\#(user),"age":300}}"#, "args[0].user.age: 300 does not fit UInt8"),
            (#"{"user":{\#(user),"age":-1}}"#, "args[0].user.age: -1 does not fit UInt8"),
            (#"{"user":{\#(user),"age":1e400}}"#, "args[0].user.age: 1e400 does not fit UInt8"),
            (#"{"user":{\#(user),"age":1.5}}"#, "args[0].user.age: expected UInt8, found the number 1.5"),
            (#"{"user":{\#(user),"age":null}}"#, "args[0].user.age: expected UInt8, found null"),
            (#"{"user":{\#(user)}}"#, #"args[0].user: the key "age" is missing"#),
            (#"{"user":{"name":{"a":1}}}"#, "args[0].user.name: expected String, found an object"),
            (#"{"user":[1,2]}"#, "args[0].user: expected an object for User, found a list of 2"),
            (#"{"list":[[1],[2,true]]}"#, "args[0].list[1][1]: expected Int, found the boolean true"),
            (
                #"{"list":{"$binary":"AQ=="}}"#,
                "args[0].list: expected a list for Array<Array<Int>>, found binary data of 1 bytes"
            ),
            (#"{"when":"now"}"#, #"args[0].when: expected a Date as 2026-01-31T12:00:00Z, found the string "now""#),
            (#"{"when":true}"#, "args[0].when: expected Date, found the boolean true"),
            (#"{"link":""}"#, #"args[0].link: expected a URL, found the string """#),
            (#"{"price":"1"}"#, #"args[0].price: expected Decimal, found the string "1""#),
            (#"{"price":1e400}"#, "args[0].price: 1e400 does not fit Decimal"),
            (#"{"data":"AQ=="}"#, #"args[0].data: expected binary data for Data, found the string "AQ==""#),
            (#"{"data":[1,256]}"#, "args[0].data[1]: 256 does not fit UInt8"),
            ("7", "args[0]: expected an object for Event, found the number 7"),
            ("null", "args[0]: expected an object for Event, found null"),
        ]
        for (json, expected) in cases { #expect(try message(json, as: Event.self) == expected) }
        #expect(try message("1e400", as: Double.self) == "args[0]: 1e400 does not fit Double")
        #expect(try message("1e39", as: Float.self) == "args[0]: 1e39 does not fit Float")
        #expect(
            try message(#"{"a b":{"":1}}"#, as: [String: [String: Bool]].self)
                == #"args[0]["a b"][""]: expected Bool, found the number 1"#)
        #expect(try message(#""purple""#, as: User.Role.self)?.hasPrefix("args[0]: Cannot initialize Role") == true)
        #expect(
            fault { () throws(SocketIOClientError) in try (["a": 1] as SocketIOValue).decode([String: Bool].self) }?
                .message == "a: expected Bool, found the number 1")
    }

    @Test("cuts long values and keys in its messages")
    func longValues() throws {
        let long = String(repeating: "e\u{301}", count: 100_000)
        #expect(try message("\"\(long)\"", as: Int.self)?.utf8.count ?? .max < 200)
        #expect(try message("{\"\(long)\":1}", as: [String: Bool].self)?.utf8.count ?? .max < 250)
        #expect(try message(String(repeating: "9", count: 100_000), as: Int.self)?.utf8.count ?? .max < 100)
    }

    @Test("tells what a user's own init(from:) throws, with the path")
    func ownErrors() throws {
        struct Corrupted: Decodable {
            init(from decoder: any Decoder) throws {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no good"))
            }
        }
        struct Odd: Decodable, Error, CustomStringConvertible {
            var description: String { "odd" }
            init() {}
            init(from decoder: any Decoder) throws { throw Odd() }
        }
        struct Greedy: Decodable {
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                while true { _ = try list.decode(Int.self) }
            }
        }
        #expect(try message(#"{"a":[1]}"#, as: [String: [Corrupted]].self) == "args[0].a[0]: no good")
        #expect(try message("1", as: Odd.self) == "args[0]: odd")
        #expect(try message("[[1,2]]", as: [Greedy].self) == "args[0][0][2]: expected Int, but the list has 2")
    }

    @Test("refuses what JSON cannot say, and says where")
    func encodingFaults() {
        func message(_ value: some Encodable) -> String? {
            let fault = fault { () throws(SocketIOClientError) in try SocketIOValue(encoding: value, path: "args[0]") }
            if let fault { #expect(fault.code == .encoding) }
            return fault?.message
        }
        #expect(message(["a": [1, Double.infinity]]) == "args[0].a[1]: JSON has no number inf")
        #expect(message(Float.nan) == "args[0]: JSON has no number nan")
        #expect(message(["d": Decimal.nan]) == "args[0].d: JSON has no number NaN")
        #expect(
            message(User(name: "", age: 0, scores: ["x": -.infinity])) == "args[0].scores.x: JSON has no number -inf")
    }

    @Test("refuses an encode(to:) that writes two kinds of container, without a trap")
    func mixedContainers() {
        struct Mixed: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var object = encoder.container(keyedBy: NamedKey.self)
                try object.encode(1, forKey: NamedKey("a"))
            }
        }
        let fault = fault { () throws(SocketIOClientError) in try SocketIOValue(encoding: ["m": Mixed()]) }
        #expect(fault?.message == "m: the type's encode(to:) writes two kinds of container in one place")
    }

    @Test("bounds types that nest, both ways")
    func deepTypes() throws {
        var chain = Chain(nil)
        for _ in 0..<400 { chain = Chain(chain) }
        let value = try SocketIOValue(encoding: chain)
        #expect(try SocketIOValue(encoding: value.decode(Chain.self)) == value)
        for _ in 0..<200 { chain = Chain(chain) }
        let encoding = fault { () throws(SocketIOClientError) in try SocketIOValue(encoding: chain) }
        #expect(encoding?.message == "next.next.next: nested deeper than 512 values")
        var deep: SocketIOValue = [:]
        for _ in 0..<100_000 { deep = ["next": deep] }
        let decoding = fault { () throws(SocketIOClientError) in try deep.decode(Chain.self) }
        #expect(decoding?.message == "next.next.next: nested deeper than 512 values")
        while let next = deep["next"] { deep = next }
    }

    @Test("bounds containers that nest without a type between them")
    func deepContainers() {
        struct Deep: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                for _ in 0..<10_000 { list = list.nestedUnkeyedContainer() }
                try list.encode(1)
            }
        }
        let fault = fault { () throws(SocketIOClientError) in try SocketIOValue(encoding: Deep()) }
        #expect(fault?.message.hasSuffix("nested deeper than 512 values") == true)
    }

    @Test("codes large dictionaries without going through all of them for each key")
    func large() throws {
        let dictionary = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("key \($0)", $0) })
        let value = try SocketIOValue(encoding: dictionary)
        #expect(value.object?.count == 20_000)
        #expect(try value.decode([String: Int].self) == dictionary)
    }

    @Test("takes the last of members that come twice", arguments: [2, 40])
    func doubledMembers(count: Int) throws {
        var object = SocketIOObject((0..<count).map { ("key \($0)", .number(SocketIONumber($0))) })
        object.append(key: "key 0", value: 99)
        let decoded = try SocketIOValue.object(object).decode([String: Int].self)
        #expect(decoded.count == count && decoded["key 0"] == 99)
        #expect(try (["point": [:], "point": [:]] as SocketIOValue).decode(Shape.self) == .point)
    }
}
