#include "dashboard.h"

// A file that is not here is not in the program: Tests/EndToEndTests/test_demo.py holds this list against web/demo/.

static const unsigned char index_html[] = {
#embed "../../web/demo/index.html"
};
static const unsigned char demo_css[] = {
#embed "../../web/demo/demo.css"
};
static const unsigned char doodle_js[] = {
#embed "../../web/demo/doodle.js"
};
static const unsigned char engine_js[] = {
#embed "../../web/demo/engine.js"
};
static const unsigned char icon_svg[] = {
#embed "../../web/demo/icon.svg"
};
static const unsigned char main_js[] = {
#embed "../../web/demo/main.js"
};
static const unsigned char packets_js[] = {
#embed "../../web/demo/packets.js"
};
static const unsigned char socket_js[] = {
#embed "../../web/demo/socket.js"
};
static const unsigned char view_js[] = {
#embed "../../web/demo/view.js"
};

#define FILE_AT(path, type, bytes) {path, type, bytes, sizeof bytes}

static const struct siphon_dashboard_file files[] = {
    FILE_AT("/index.html", "text/html; charset=utf-8", index_html),
    FILE_AT("/demo.css", "text/css; charset=utf-8", demo_css),
    FILE_AT("/doodle.js", "text/javascript; charset=utf-8", doodle_js),
    FILE_AT("/engine.js", "text/javascript; charset=utf-8", engine_js),
    FILE_AT("/icon.svg", "image/svg+xml", icon_svg),
    FILE_AT("/main.js", "text/javascript; charset=utf-8", main_js),
    FILE_AT("/packets.js", "text/javascript; charset=utf-8", packets_js),
    FILE_AT("/socket.js", "text/javascript; charset=utf-8", socket_js),
    FILE_AT("/view.js", "text/javascript; charset=utf-8", view_js),
};

const struct siphon_dashboard_file *siphon_demo_files(size_t *count) {
    *count = sizeof files / sizeof *files;
    return files;
}
