#ifndef SIPHON_DASHBOARD_H
#define SIPHON_DASHBOARD_H
#include <stddef.h>

/// One file of a page, as it was when this was compiled.
struct siphon_dashboard_file {
    /// Its path in the page's folder with a slash in front, such as `/js/main.js`. `/` is `/index.html`.
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t length;
};

/// All files of the inspector's page, web/ without web/demo/. Valid for the life of the process, from any thread.
const struct siphon_dashboard_file *siphon_dashboard_files(size_t *count);

/// All files of the demo's page, web/demo/. Valid for the life of the process, from any thread.
const struct siphon_dashboard_file *siphon_demo_files(size_t *count);

#endif
