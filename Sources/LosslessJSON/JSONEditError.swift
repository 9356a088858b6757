/// Why a value could not be found or changed.
package struct JSONEditError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        case notJSON
        /// A value that is not there, where it had to be.
        case missing
        /// A key was to be followed into something that is no map.
        case noMap
        /// An index was to be followed into something that is no list.
        case noList
        /// An index further than right behind the last element.
        case pastEnd
    }

    package let code: Code
    /// Which element of the path could not be followed, counted from 0.
    package let element: Int
    /// For `notJSON`.
    package let cause: JSONError?

    package init(_ code: Code, element: Int, cause: JSONError? = nil) {
        self.code = code
        self.element = element
        self.cause = cause
    }
}
