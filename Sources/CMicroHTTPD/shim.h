#ifndef SIPHON_CMICROHTTPD_SHIM_H
#define SIPHON_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Swift cannot call variadic C, and it imports libmicrohttpd's closed enums under names that differ from one version of
 * the header to the next. What is here hides both behind plain integers and pointers, and does nothing else.
 *
 * A socket and a request are the caller's objects. Each is made by one callback and given back by another. */
struct siphon_mhd_callbacks {
    void *context;
    /* A connection was accepted. Returns the object that stands for it. */
    void *(*opened)(void *context, int fd);
    /* The last callback for that object; the descriptor is closed after it. */
    void (*closed)(void *context, void *socket);
    /* The request line is in. `target` is as the client wrote it. Returns the object that stands for the request. */
    void *(*began)(void *context, const char *target);
    /* As MHD_AccessHandlerCallback: 0 cuts the connection. */
    int (*access)(void *context, struct MHD_Connection *connection, void *socket, void *request, const char *method,
                  const char *version, const char *upload, size_t *upload_size);
    /* The last callback for a request. */
    void (*completed)(void *context, void *socket, void *request);
    void (*log)(void *context, const char *message);
};

struct siphon_mhd_settings {
    unsigned int connection_limit;
    unsigned int idle_seconds;
    size_t connection_memory_bytes;
};

static inline void *
siphon_mhd_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *known =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return known ? known->socket_context : NULL;
}

static inline int
siphon_mhd_descriptor(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *known = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return known ? known->connect_fd : -1;
}

static inline void
siphon_mhd_on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                         enum MHD_ConnectionNotificationCode code)
{
    struct siphon_mhd_callbacks *callbacks = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = callbacks->opened(callbacks->context, siphon_mhd_descriptor(connection));
    } else if (*socket_context) {
        callbacks->closed(callbacks->context, *socket_context);
        *socket_context = NULL;
    }
}

static inline void *
siphon_mhd_on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct siphon_mhd_callbacks *callbacks = cls;
    (void)connection;
    return callbacks->began(callbacks->context, target);
}

static inline enum MHD_Result
siphon_mhd_on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                     const char *version, const char *upload, size_t *upload_size, void **request)
{
    struct siphon_mhd_callbacks *callbacks = cls;
    void *socket = siphon_mhd_socket(connection);
    (void)url; /* percent-decoded in place: never used */
    if (!*request || !socket)
        return MHD_NO;
    return callbacks->access(callbacks->context, connection, socket, *request, method, version, upload, upload_size)
               ? MHD_YES
               : MHD_NO;
}

static inline void
siphon_mhd_on_completed(void *cls, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode code)
{
    struct siphon_mhd_callbacks *callbacks = cls;
    (void)code;
    if (*request)
        callbacks->completed(callbacks->context, siphon_mhd_socket(connection), *request);
    *request = NULL;
}

static inline void
siphon_mhd_on_log(void *cls, const char *format, va_list arguments)
{
    struct siphon_mhd_callbacks *callbacks = cls;
    char message[512];
    vsnprintf(message, sizeof message, format, arguments);
    callbacks->log(callbacks->context, message);
}

/* `callbacks` must outlive the daemon, which accepts nothing by itself. */
static inline struct MHD_Daemon *
siphon_mhd_start(const struct siphon_mhd_settings *settings, struct siphon_mhd_callbacks *callbacks)
{
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)siphon_mhd_on_log, callbacks }, /* first, to hear of the others */
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)siphon_mhd_on_connection, callbacks },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)siphon_mhd_on_completed, callbacks },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)siphon_mhd_on_target, callbacks },
        { MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)settings->connection_memory_bytes, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    return MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_NO_LISTEN_SOCKET,
        0, NULL, NULL, siphon_mhd_on_access, callbacks, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/* Gives the daemon an accepted connection, from any thread. Returns 0 where it does not take it; the descriptor is
 * closed then. */
static inline int
siphon_mhd_add(struct MHD_Daemon *daemon, int fd, const struct sockaddr *address, socklen_t length)
{
    return MHD_add_connection(daemon, fd, address, length) == MHD_YES;
}

/* Whether a request line went on behind a NUL byte: libmicrohttpd takes the target to end there. `target_end` is where
 * the raw target ended and `version` what was read as the protocol version of the same line. */
static inline int
siphon_mhd_hides_text(const char *target_end, const char *version)
{
    if (version <= target_end || version - target_end > 1 << 20)
        return 0;
    for (const char *byte = target_end; byte < version; byte++)
        if (*byte != '\0' && *byte != ' ')
            return 1;
    return 0;
}

typedef void (*siphon_mhd_header)(void *context, const char *name, size_t name_length, const char *value,
                                  size_t value_length);

struct siphon_mhd_header_reader {
    siphon_mhd_header read;
    void *context;
};

static inline enum MHD_Result
siphon_mhd_on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_length, const char *value,
                     size_t value_length)
{
    struct siphon_mhd_header_reader *reader = cls;
    (void)kind;
    reader->read(reader->context, name, name_length, value, value_length);
    return MHD_YES;
}

/* Calls `read` for every header field in order, repeated ones too. */
static inline void
siphon_mhd_headers(struct MHD_Connection *connection, siphon_mhd_header read, void *context)
{
    struct siphon_mhd_header_reader reader = { read, context };
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, siphon_mhd_on_header, &reader);
}

/* Copies the bytes. */
static inline struct MHD_Response *
siphon_mhd_response(const void *bytes, size_t count)
{
    return MHD_create_response_from_buffer(count, (void *)bytes,
                                           count ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
}

/* A body of unknown length; `read` is asked for at most `block` bytes at a time and `release` ends `context`. */
static inline struct MHD_Response *
siphon_mhd_stream(size_t block, MHD_ContentReaderCallback read, void *context, MHD_ContentReaderFreeCallback release)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, read, context, release);
}

static inline int
siphon_mhd_add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

static inline int
siphon_mhd_queue(struct MHD_Connection *connection, unsigned int status, struct MHD_Response *response)
{
    return MHD_queue_response(connection, status, response) == MHD_YES;
}

#endif
