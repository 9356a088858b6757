import NIOCore
import Testing

@testable import SocketIOClient

@Suite("ClientMachine")
struct ClientMachineTests {
    // MARK: Connecting

    @Test("joins each namespace and is connected once all have answered")
    func joins() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        #expect(play.lines() == ["open"])
        play.machine.opened(auth: ["token": "t"], at: play.now)
        #expect(play.lines() == [#"send 0{"token":"t"}"#, #"send 0/chat,{"token":"t"}"#])
        play.receive(#"0{"sid":"a"}"#)
        #expect(play.lines() == ["/ connect"])
        play.receive(#"0/chat,{"sid":"b"}"#)
        #expect(play.lines() == ["/chat connect", "connected"])
        #expect(play.machine.namespaces["/chat"]?.sid == "b")
    }

    @Test("connects once: a second connect is refused")
    func connectsOnce() throws {
        var play = try MachinePlaybook.joined()
        #expect(throws: SocketIOClientError.self) { try play.connect() }
    }

    @Test("fails where the server refuses a namespace, and leaves the others")
    func refused() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"a"}"#)
        _ = play.lines()
        play.receive(#"4/chat,{"message":"no"}"#)
        #expect(
            play.lines() == [
                #"/chat refused {"message":"no"}"#, "send 1",
                "/ disconnect client disconnect: not all namespaces could be joined", "close",
            ])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["failed namespaceRefused", "finished"])
    }

    @Test("fails where the server is silent for the wait timeout, counted anew with each answer")
    func silence() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        play.machine.opened(auth: nil, at: play.now)
        play.advance(.milliseconds(900))
        play.receive(#"0{"sid":"a"}"#)
        play.advance(.milliseconds(900))
        #expect(!play.lines().contains("close"))
        play.advance(.milliseconds(100))
        #expect(play.lines().contains("close"))
        play.machine.ended("", at: play.now)
        #expect(play.lines().contains("failed timeout"))
    }

    @Test("without waiting is connected with the session")
    func connectsWithoutWaiting() throws {
        var play = MachinePlaybook()
        try play.connect(["/"]) { $0.waits = false }
        play.machine.opened(auth: nil, at: play.now)
        #expect(play.lines() == ["open", "send 0", "connected"])
        play.advance(.seconds(60))
        #expect(play.lines() == [])
        play.receive(#"0{"sid":"a"}"#)
        #expect(play.lines() == ["/ connect"])
    }

    @Test("tells the handlers and the caller of a session that could not be opened")
    func failsToOpen() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        _ = play.lines()
        play.machine.failed(SocketIOClientError(.connectionRefused, "no"), at: play.now)
        #expect(
            play.lines() == [
                "/ failed connectionRefused", "/chat failed connectionRefused", "failed connectionRefused",
                "finished",
            ])
        #expect(play.machine.isIdle)
    }

    @Test("tries a first connection again where that is asked for")
    func retriesFirst() throws {
        var play = MachinePlaybook()
        try play.connect { $0.retries = true }
        play.machine.failed(SocketIOClientError(.connectionRefused, "no"), at: play.now)
        #expect(play.lines() == ["open", "/ failed connectionRefused"])
        play.advance(.seconds(1))
        #expect(play.lines() == ["open"])
    }

    @Test("does not try again what connect was given to no use; later attempts may be given something else")
    func hopeless() throws {
        let error = SocketIOClientError(.invalidAddress, "no")
        var play = MachinePlaybook()
        try play.connect { $0.retries = true }
        play.machine.failed(error, isHopeless: true, at: play.now)
        #expect(play.lines() == ["open", "/ failed invalidAddress", "failed invalidAddress", "finished"])

        play = try .joined()
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.failed(error, isHopeless: true, at: play.now)
        #expect(play.machine.isReconnecting)
    }

    @Test("does not take being let in without an id for Socket.IO")
    func withoutID() throws {
        var play = MachinePlaybook()
        try play.connect()
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        play.receive("0")
        #expect(play.lines() == ["send 1", "close"])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["/ failed protocolViolation", "failed protocolViolation", "finished"])
    }

    @Test("counts such attempts also where connect does not wait, and says that the last has no other behind it")
    func attemptsWithoutWaiting() throws {
        var play = MachinePlaybook { $0.reconnectionAttempts = 2 }
        try play.connect { $0.waits = false }
        for pause in [1, 2, 0] {
            play.machine.opened(auth: nil, at: play.now)
            play.receive("0")
            #expect(play.machine.isReconnecting == (pause > 0))
            play.machine.ended("", at: play.now)
            play.advance(.seconds(Int64(pause)))
        }
        #expect(play.lines().suffix(3) == ["/ failed protocolViolation", "end events", "finished"])
    }

    @Test("tells the reason of the refusal also where it is disconnected before the end has come")
    func refusedAndDisconnected() throws {
        var play = MachinePlaybook()
        try play.connect()
        play.machine.opened(auth: nil, at: play.now)
        play.receive("4")
        _ = play.lines()
        play.machine.disconnect(at: play.now)
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["failed namespaceRefused", "finished"])
    }

    @Test("tells of a namespace that is silent beside one that was refused")
    func silentBesideRefused() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        play.machine.opened(auth: nil, at: play.now)
        play.receive("4/chat,")
        play.advance(.seconds(1))
        play.machine.ended("", at: play.now)
        #expect(
            play.lines().dropFirst(3) == [
                "/chat refused ", "/ failed timeout", "send 1", "close", "failed namespaceRefused", "finished",
            ])
    }

    @Test("tells of a namespace that the server ends before it has let in")
    func endedBefore() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat"])
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        play.receive("1/chat,")
        play.receive(#"0{"sid":"a"}"#)
        #expect(play.lines().prefix(2) == ["/chat failed namespaceRefused", "/ connect"])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["failed namespaceRefused", "finished"])
    }

    @Test("says of each namespace whether the server refused it or let it in and ended it")
    func endedBesideRefused() throws {
        var play = MachinePlaybook()
        try play.connect(["/", "/chat", "/admin"])
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"a"}"#)
        play.receive("1")
        play.receive(#"4/chat,{"message":"no"}"#)
        play.receive(#"0/admin,{"sid":"b"}"#)
        play.machine.ended("", at: play.now)
        var error: SocketIOClientError?
        while let action = play.machine.nextAction() {
            if case .connected(.failure(let failure)) = action { error = failure }
        }
        #expect(error?.message == #"the server ended /; the server refused /chat: {"message":"no"}"#)
        #expect(error?.loggedMessage == "the server ended /; the server refused /chat")
        #expect(error?.data == ["message": "no"])
    }

    // MARK: Reconnecting

    @Test("connects again after a loss, later each time, and counts anew after a success")
    func reconnects() throws {
        var play = try MachinePlaybook.joined()
        play.machine.ended("ping timeout", at: play.now)
        #expect(play.lines() == ["/ disconnect transport error: ping timeout"])
        for delay in [1, 2, 4, 5, 5] {
            play.advance(.seconds(Int64(delay)) - .nanoseconds(1))
            #expect(play.lines() == [])
            play.advance(.nanoseconds(1))
            #expect(play.lines() == ["open"])
            play.machine.failed(SocketIOClientError(.connectionRefused, "no"), at: play.now)
            #expect(play.lines() == ["/ failed connectionRefused"])
        }
        play.advance(.seconds(5))
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"b"}"#)
        #expect(play.lines() == ["open", "send 0", "/ connect"])
        play.machine.ended("", at: play.now)
        _ = play.lines()
        play.advance(.seconds(1))
        #expect(play.lines() == ["open"])
    }

    @Test("gives up after so many attempts, also where the namespaces are what fails")
    func attempts() throws {
        var play = try MachinePlaybook.joined(change: { $0.reconnectionAttempts = 2 })
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        play.machine.ended("", at: play.now)
        play.advance(.seconds(2))
        _ = play.lines()
        play.machine.failed(SocketIOClientError(.connectionRefused, "no"), at: play.now)
        #expect(play.lines() == ["/ failed connectionRefused", "end events", "finished"])
    }

    @Test("does not connect again where it is not to, or where the server ended the last namespace")
    func staysAway() throws {
        var play = try MachinePlaybook.joined(change: { $0.reconnects = false })
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["/ disconnect transport error: ", "end events", "finished"])

        play = try MachinePlaybook.joined(["/", "/chat"])
        play.receive("1/chat,")
        #expect(play.lines() == ["/chat disconnect server disconnect: the server ended it"])
        play.receive("1")
        #expect(play.lines() == ["/ disconnect server disconnect: the server ended it", "close"])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["end events", "finished"])
    }

    // MARK: Disconnecting

    @Test("tells the server, the handlers and pending acks of a disconnect")
    func disconnects() throws {
        var play = try MachinePlaybook.joined(["/", "/chat"])
        play.emit("ask", wantsAck: true)
        _ = play.lines()
        play.machine.disconnect(at: play.now)
        #expect(
            play.lines() == [
                "send 1", "/ disconnect client disconnect: disconnect() was called", "ack disconnected",
                "send 1/chat,", "/chat disconnect client disconnect: disconnect() was called", "close",
            ])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["end events", "finished"])
    }

    @Test("leaves one namespace, and with the last the server")
    func leaves() throws {
        var play = try MachinePlaybook.joined(["/", "/chat"])
        try play.machine.disconnect(from: "/chat", at: play.now)
        #expect(
            play.lines() == [
                "send 1/chat,", "/chat disconnect client disconnect: disconnect() was called", "/chat finished",
            ])
        #expect(throws: SocketIOClientError.self) { try play.machine.disconnect(from: "/chat", at: play.now) }
        try play.machine.disconnect(from: "/", at: play.now)
        #expect(play.lines().last == "close")
    }

    @Test("leaves the only namespace before it is answered for: that is a disconnect", arguments: [true, false])
    func leavesBeforeAnswer(isReconnection: Bool) throws {
        var play = isReconnection ? try MachinePlaybook.joined() : MachinePlaybook()
        if isReconnection {
            play.machine.ended("", at: play.now)
            play.advance(.seconds(1))
        } else {
            try play.connect()
        }
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        try play.machine.disconnect(from: "/", at: play.now)
        #expect(play.lines() == ["send 1", "close"])
        play.machine.ended("", at: play.now)
        #expect(play.lines() == [isReconnection ? "end events" : "failed disconnected", "finished"])
    }

    @Test("keeps nothing for a namespace that the server has ended, until there is another connection")
    func endedByServer() throws {
        var play = try MachinePlaybook.joined(
            ["/", "/chat"],
            change: {
                $0.retries = 3
                $0.buffersOffline = true
            })
        play.emit("under way", namespace: "/chat", wantsAck: true)
        play.emit("waits", namespace: "/chat", wantsAck: true)
        _ = play.lines()
        play.receive("1/chat,")
        #expect(
            play.lines() == [
                // Of the attempt, and of both who wait.
                "/chat disconnect server disconnect: the server ended it", "ack disconnected", "ack disconnected",
                "ack disconnected",
            ])
        play.emit("late", namespace: "/chat", wantsAck: true)
        #expect(play.lines() == ["ack disconnected"])
        #expect(play.machine.waitingBytes == 0 && play.machine.pendingAcks == 0)
        play.machine.ended("", at: play.now)
        play.emit("kept", namespace: "/chat")
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        play.receive(#"0/chat,{"sid":"b"}"#)
        #expect(play.lines() == ["/chat connect", #"send 2/chat,2["kept"]"#])
    }

    @Test("does not join a namespace again that was left")
    func staysLeft() throws {
        var play = try MachinePlaybook.joined(["/", "/chat"])
        try play.machine.disconnect(from: "/chat", at: play.now)
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        _ = play.lines()
        play.machine.opened(auth: nil, at: play.now)
        #expect(play.lines() == ["send 0"])
    }

    @Test("stops reconnecting at a disconnect, and connecting")
    func stopsConnecting() throws {
        var play = try MachinePlaybook.joined()
        play.machine.ended("", at: play.now)
        _ = play.lines()
        play.machine.disconnect(at: play.now)
        #expect(play.lines() == ["end events", "finished"])

        play = MachinePlaybook()
        try play.connect()
        play.machine.disconnect(at: play.now)
        play.machine.ended("", at: play.now)
        #expect(play.lines() == ["open", "close", "failed disconnected", "finished"])
    }

    // MARK: Acks

    @Test("numbers acks from 1 in each namespace, and tells the one who waits, once")
    func acks() throws {
        var play = try MachinePlaybook.joined(["/", "/chat"])
        play.emit("a", wantsAck: true)
        play.emit("b", namespace: "/chat", wantsAck: true)
        play.emit("c", wantsAck: true)
        #expect(play.lines() == [#"send 21["a"]"#, #"send 2/chat,1["b"]"#, #"send 22["c"]"#])
        play.receive(#"32["for c"]"#)
        play.receive(#"32["again"]"#)
        play.receive(#"399999999999999999999["unknown"]"#)
        play.receive(#"3/chat,1["for b"]"#)
        #expect(play.lines() == [#"ack ["for c"]"#, #"ack ["for b"]"#])
        #expect(play.machine.pendingAcks == 1)
    }

    @Test("fails an ack after its time, and those that are pending at once with the connection")
    func ackFailures() throws {
        var play = try MachinePlaybook.joined()
        play.emit("slow", timeout: .seconds(3), wantsAck: true)
        play.emit("lost", wantsAck: true)
        _ = play.lines()
        #expect(play.machine.nextDeadline == play.now + .seconds(3))
        play.advance(.seconds(3))
        #expect(play.lines() == ["ack timeout"])
        play.receive(#"31["late"]"#)
        #expect(play.lines() == [])
        play.machine.ended("cut", at: play.now)
        #expect(play.lines() == ["/ disconnect transport error: cut", "ack disconnected"])
    }

    // MARK: Without a connection

    @Test(
        "keeps what is emitted without a connection, in order, but nothing volatile, and sends it once it is joined"
    )
    func offline() throws {
        var play = MachinePlaybook { $0.buffersOffline = true }
        play.emit("before")
        try play.connect()
        play.emit("asked", timeout: .seconds(9), wantsAck: true)
        play.emit("given up", timeout: .milliseconds(1), wantsAck: true)
        play.emit("volatile", isVolatile: true)
        #expect(play.machine.waitingBytes > 0)
        play.advance(.milliseconds(1))
        _ = play.lines()
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"a"}"#)
        #expect(
            play.lines() == [
                "send 0", "/ connect", #"send 2["before"]"#, #"send 21["asked"]"#, "connected",
            ])
        #expect(play.machine.waitingBytes == 0)
    }

    @Test("drops what waits when it disconnects for good")
    func dropsWaiting() throws {
        var play = MachinePlaybook { $0.buffersOffline = true }
        try play.connect()
        play.emit("asked", wantsAck: true)
        play.emit("told")
        _ = play.lines()
        play.machine.failed(SocketIOClientError(.tls, "no"), at: play.now)
        #expect(play.lines().contains("ack disconnected"))
        #expect(play.machine.waitingBytes == 0)
        #expect(play.machine.pendingAcks == 0)
    }

    @Test("fails the acks of what waited for a namespace that the next connect does not ask for")
    func dropsOthers() throws {
        var play = MachinePlaybook { $0.buffersOffline = true }
        play.emit("asked", namespace: "/other", wantsAck: true)
        try play.connect()
        #expect(play.lines() == ["ack disconnected", "open"])
        #expect(play.machine.pendingAcks == 0)
        #expect(play.machine.waitingBytes == 0)
    }

    @Test("is not kept from connecting by what was emitted to a namespace that is not asked for")
    func otherNamespace() throws {
        var play = try MachinePlaybook.joined(change: { $0.buffersOffline = true })
        play.emit("lost", namespace: "/typo")
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        play.receive(#"0{"sid":"b"}"#)
        play.advance(.seconds(60))
        #expect(play.lines() == ["/ connect"])
        play.receive("1")
        #expect(play.lines().last == "close")
    }

    @Test("drops a volatile event where there is no connection")
    func volatile() throws {
        var play = MachinePlaybook { $0.buffersOffline = true }
        play.emit("dropped", isVolatile: true, wantsAck: true)
        #expect(play.lines() == ["ack notConnected"])
    }

    // MARK: Retries

    @Test("with retries sends one event at a time, again with a new id until it is acknowledged or given up")
    func retries() throws {
        var play = try MachinePlaybook.joined(change: {
            $0.retries = 1
            $0.retryTimeout = .seconds(1)
        })
        play.emit("a", wantsAck: true)
        play.emit("b", wantsAck: true)
        #expect(play.lines() == [#"send 21["a"]"#])
        play.advance(.seconds(1))
        #expect(play.lines() == [#"send 22["a"]"#])
        play.receive(#"31["late, of the first"]"#)
        #expect(play.lines() == [])
        play.receive(#"32["done"]"#)
        #expect(play.lines() == [#"ack ["done"]"#, #"send 23["b"]"#])
        play.advance(.seconds(1))
        play.advance(.seconds(1))
        #expect(play.lines() == [#"send 24["b"]"#, "ack timeout"])
        #expect(play.machine.waitingBytes == 0)
    }

    @Test("sends what was not acknowledged again on the next connection")
    func retriesAfterLoss() throws {
        var play = try MachinePlaybook.joined(change: { $0.retries = 3 })
        play.emit("a")
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        play.receive(#"0{"sid":"b"}"#)
        #expect(play.lines() == ["/ connect", #"send 22["a"]"#])
    }

    @Test("ends an event's own time whichever attempts there are, also before the first")
    func ownTime() throws {
        var play = try MachinePlaybook.joined(change: {
            $0.retries = 5
            $0.retryTimeout = .seconds(10)
            $0.buffersOffline = true
        })
        play.emit("a", timeout: .seconds(1), wantsAck: true)
        play.emit("b", timeout: .seconds(2), wantsAck: true)
        _ = play.lines()
        play.advance(.seconds(1))
        #expect(play.lines() == ["ack timeout", #"send 22["b"]"#])
        play.machine.ended("", at: play.now)
        _ = play.lines()
        play.advance(.milliseconds(999))
        play.advance(.milliseconds(1))
        #expect(play.lines() == ["ack timeout", "open"])
        #expect(play.machine.waitingBytes == 0)
        #expect(play.machine.pendingAcks == 0)
    }

    @Test("does not send, or send again, what nobody waits for any more", arguments: [true, false])
    func forgets(isHead: Bool) throws {
        var play = try MachinePlaybook.joined(change: { $0.retries = 5 })
        if !isHead { play.emit("head") }
        play.emit("cancelled", wantsAck: true)
        let request = try #require(play.lastRequest)
        play.emit("next")
        _ = play.lines()
        request.end()
        play.machine.forget(request, at: play.now)
        if !isHead {
            #expect(play.lines() == [])
            play.receive("31[]")
        }
        #expect(play.lines().contains { $0.hasSuffix(#"["next"]"#) })
        #expect(play.machine.pendingAcks == 1)
    }

    @Test("does not send what was cancelled before it came to the machine")
    func cancelledBefore() throws {
        var play = try MachinePlaybook.joined()
        let request = AckRequest(timeout: nil, at: play.now) { _ in }
        request.end()
        play.machine.emit(
            Emission(namespace: "/", kind: .event(request), payload: Array("[]".utf8)), at: play.now)
        #expect(play.lines() == [])
        #expect(play.machine.pendingAcks == 0)
    }

    // MARK: Recovery

    @Test("asks for the session of before by its id and the last offset, and tells what was missed before connect")
    func recovery() throws {
        var play = MachinePlaybook()
        try play.connect()
        play.machine.opened(auth: ["token": "t"], at: play.now)
        play.receive(#"0{"sid":"a","pid":"p"}"#)
        play.receive(#"2["x","offset-1"]"#)
        play.receive(#"27["asks","no-offset"]"#)
        play.receive(#"2["no string",1]"#)
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        _ = play.lines()
        play.machine.opened(auth: ["token": "t", "pid": "mine"], at: play.now)
        #expect(play.lines() == [#"send 0{"pid":"mine","offset":"offset-1","token":"t"}"#])
        play.receive(#"2["missed","offset-2"]"#)
        #expect(play.lines() == [])
        play.receive(#"0{"sid":"a","pid":"p"}"#)
        #expect(play.lines() == [#"/ event ["missed","offset-2"]"#, "/ connect"])
        #expect(play.machine.namespaces["/"]?.isRecovered == true)
        #expect(play.machine.namespaces["/"]?.offset == "offset-2")
    }

    @Test("begins anew where the server does not know the session any more, and after a disconnect")
    func noRecovery() throws {
        var play = MachinePlaybook()
        try play.connect()
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"a","pid":"p"}"#)
        play.receive(#"2["x","o"]"#)
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"b","pid":"q"}"#)
        #expect(play.machine.namespaces["/"]?.isRecovered == false)
        #expect(play.machine.namespaces["/"]?.offset == nil)
        play.machine.disconnect(at: play.now)
        play.machine.ended("", at: play.now)
        _ = play.lines()
        try play.connect()
        play.machine.opened(auth: nil, at: play.now)
        #expect(play.lines() == ["open", "send 0"])
    }

    // MARK: Sessions

    @Test("acknowledges an event only in the session that it came in: elsewhere the id is another event's")
    func acksOfSessions() throws {
        var play = try MachinePlaybook.joined()
        let session = play.machine.session
        play.acknowledge("7", of: session)
        #expect(play.lines() == ["send 37[]"])
        play.machine.ended("", at: play.now)
        play.advance(.seconds(1))
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"b"}"#)
        _ = play.lines()
        play.acknowledge("7", of: session)
        #expect(play.lines() == [])
        play.acknowledge("7", of: play.machine.session)
        #expect(play.lines() == ["send 37[]"])
    }

    // MARK: Hostile servers

    @Test("tells of a packet that cannot be read, whose it is where that can be, and goes on")
    func unreadable() throws {
        var play = try MachinePlaybook.joined(["/", "/chat"])
        let error = SocketIOClientError(.protocolViolation, "no")
        for namespace in [nil, "/chat", "/other"] {
            play.machine.receiveUnreadable(error, namespace: namespace, at: play.now)
        }
        #expect(
            play.lines() == [
                "/ unreadable protocolViolation", "/chat unreadable protocolViolation",
                "/ unreadable protocolViolation",
            ])
        #expect(play.machine.isOpen)
    }

    @Test(
        "is not confused by packets that nobody asked for",
        arguments: [
            #"2/other,["x"]"#, #"0/other,{"sid":"x"}"#, "1/other,", #"4/other,"no""#, #"3/other,1[]"#,
            #"0{"sid":"again"}"#,
            "3[]", #"37["nobody asked"]"#,
        ])
    func unasked(text: String) throws {
        var play = try MachinePlaybook.joined()
        play.receive(text)
        #expect(play.lines() == [])
        #expect(play.machine.namespaces["/"]?.sid == "s")
    }

    @Test("keeps no more of what comes before a namespace is answered for than its limit")
    func earlyEvents() throws {
        var play = MachinePlaybook { $0.limits.receiveBufferBytes = 100 }
        try play.connect()
        play.machine.opened(auth: nil, at: play.now)
        _ = play.lines()
        for _ in 0..<20 { play.receive(#"2["early"]"#) }
        #expect(play.lines() == ["send 1", "close"])
        play.machine.ended("", at: play.now)
        #expect(play.lines().contains("failed receiveBufferFull"))
    }

    @Test("such a flood ends the other namespaces too, and is not followed by a connection that nobody wants")
    func floodBesideJoined() throws {
        var play = MachinePlaybook {
            $0.limits.receiveBufferBytes = 100
            $0.reconnects = false
        }
        try play.connect(["/", "/chat"]) { $0.waits = false }
        play.machine.opened(auth: nil, at: play.now)
        play.receive(#"0{"sid":"a"}"#)
        play.emit("ask", wantsAck: true)
        _ = play.lines()
        for _ in 0..<20 { play.receive(#"2/chat,["early"]"#) }
        let details = "the server sent too much for /chat before it answered for it"
        #expect(
            play.lines() == [
                "send 1", "/ disconnect client disconnect: \(details)", "ack disconnected", "send 1/chat,", "close",
            ])
        play.machine.ended("", at: play.now)
        #expect(play.lines().suffix(2) == ["end events", "finished"])
    }
}
