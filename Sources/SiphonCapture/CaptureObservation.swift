import SiphonCore

/// Ends an observation when it is cancelled or let go.
package final class CaptureObservation: Sendable {
    private let number: UInt64
    private let observers: CaptureObservers

    init(number: UInt64, observers: CaptureObservers) {
        self.number = number
        self.observers = observers
    }

    deinit { observers.remove(number) }

    package func cancel() { observers.remove(number) }
}
