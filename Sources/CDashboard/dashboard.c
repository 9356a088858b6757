#include "dashboard.h"

// A file that is not here is not in the program: Tests/EndToEndTests/test_page.py holds this list against web/.

static const unsigned char index_html[] = {
#embed "../../web/index.html"
};
static const unsigned char css_base_css[] = {
#embed "../../web/css/base.css"
};
static const unsigned char css_events_css[] = {
#embed "../../web/css/events.css"
};
static const unsigned char css_layout_css[] = {
#embed "../../web/css/layout.css"
};
static const unsigned char css_narrow_css[] = {
#embed "../../web/css/narrow.css"
};
static const unsigned char css_panel_css[] = {
#embed "../../web/css/panel.css"
};
static const unsigned char css_rules_css[] = {
#embed "../../web/css/rules.css"
};
static const unsigned char help_filters_txt[] = {
#embed "../../web/help/filters.txt"
};
static const unsigned char icon_svg[] = {
#embed "../../web/icon.svg"
};
static const unsigned char js_api_js[] = {
#embed "../../web/js/api.js"
};
static const unsigned char js_appearance_js[] = {
#embed "../../web/js/appearance.js"
};
static const unsigned char js_completion_js[] = {
#embed "../../web/js/completion.js"
};
static const unsigned char js_dom_js[] = {
#embed "../../web/js/dom.js"
};
static const unsigned char js_feed_js[] = {
#embed "../../web/js/feed.js"
};
static const unsigned char js_filter_js[] = {
#embed "../../web/js/filter.js"
};
static const unsigned char js_format_js[] = {
#embed "../../web/js/format.js"
};
static const unsigned char js_json_js[] = {
#embed "../../web/js/json.js"
};
static const unsigned char js_keys_js[] = {
#embed "../../web/js/keys.js"
};
static const unsigned char js_main_js[] = {
#embed "../../web/js/main.js"
};
static const unsigned char js_paths_js[] = {
#embed "../../web/js/paths.js"
};
static const unsigned char js_store_js[] = {
#embed "../../web/js/store.js"
};
static const unsigned char js_rules_actions_js[] = {
#embed "../../web/js/rules/actions.js"
};
static const unsigned char js_rules_control_js[] = {
#embed "../../web/js/rules/control.js"
};
static const unsigned char js_rules_draft_js[] = {
#embed "../../web/js/rules/draft.js"
};
static const unsigned char js_rules_fields_js[] = {
#embed "../../web/js/rules/fields.js"
};
static const unsigned char js_rules_place_js[] = {
#embed "../../web/js/rules/place.js"
};
static const unsigned char js_rules_value_js[] = {
#embed "../../web/js/rules/value.js"
};
static const unsigned char js_views_completion_js[] = {
#embed "../../web/js/views/completion.js"
};
static const unsigned char js_views_connections_js[] = {
#embed "../../web/js/views/connections.js"
};
static const unsigned char js_views_detail_js[] = {
#embed "../../web/js/views/detail.js"
};
static const unsigned char js_views_events_js[] = {
#embed "../../web/js/views/events.js"
};
static const unsigned char js_views_filterbar_js[] = {
#embed "../../web/js/views/filterbar.js"
};
static const unsigned char js_views_help_js[] = {
#embed "../../web/js/views/help.js"
};
static const unsigned char js_views_inject_js[] = {
#embed "../../web/js/views/inject.js"
};
static const unsigned char js_views_rows_js[] = {
#embed "../../web/js/views/rows.js"
};
static const unsigned char js_views_rules_js[] = {
#embed "../../web/js/views/rules.js"
};
static const unsigned char js_views_status_js[] = {
#embed "../../web/js/views/status.js"
};
static const unsigned char js_views_tree_js[] = {
#embed "../../web/js/views/tree.js"
};
static const unsigned char js_views_rules_action_js[] = {
#embed "../../web/js/views/rules/action.js"
};
static const unsigned char js_views_rules_conditions_js[] = {
#embed "../../web/js/views/rules/conditions.js"
};
static const unsigned char js_views_rules_form_js[] = {
#embed "../../web/js/views/rules/form.js"
};
static const unsigned char js_views_rules_lines_js[] = {
#embed "../../web/js/views/rules/lines.js"
};
static const unsigned char js_views_rules_list_js[] = {
#embed "../../web/js/views/rules/list.js"
};
static const unsigned char js_views_rules_places_js[] = {
#embed "../../web/js/views/rules/places.js"
};
static const unsigned char js_views_rules_trial_js[] = {
#embed "../../web/js/views/rules/trial.js"
};
static const unsigned char js_views_rules_when_js[] = {
#embed "../../web/js/views/rules/when.js"
};

#define FILE_AT(path, type, bytes) {path, type, bytes, sizeof bytes}

static const struct siphon_dashboard_file files[] = {
    FILE_AT("/index.html", "text/html; charset=utf-8", index_html),
    FILE_AT("/css/base.css", "text/css; charset=utf-8", css_base_css),
    FILE_AT("/css/events.css", "text/css; charset=utf-8", css_events_css),
    FILE_AT("/css/layout.css", "text/css; charset=utf-8", css_layout_css),
    FILE_AT("/css/narrow.css", "text/css; charset=utf-8", css_narrow_css),
    FILE_AT("/css/panel.css", "text/css; charset=utf-8", css_panel_css),
    FILE_AT("/css/rules.css", "text/css; charset=utf-8", css_rules_css),
    FILE_AT("/help/filters.txt", "text/plain; charset=utf-8", help_filters_txt),
    FILE_AT("/icon.svg", "image/svg+xml", icon_svg),
    FILE_AT("/js/api.js", "text/javascript; charset=utf-8", js_api_js),
    FILE_AT("/js/appearance.js", "text/javascript; charset=utf-8", js_appearance_js),
    FILE_AT("/js/completion.js", "text/javascript; charset=utf-8", js_completion_js),
    FILE_AT("/js/dom.js", "text/javascript; charset=utf-8", js_dom_js),
    FILE_AT("/js/feed.js", "text/javascript; charset=utf-8", js_feed_js),
    FILE_AT("/js/filter.js", "text/javascript; charset=utf-8", js_filter_js),
    FILE_AT("/js/format.js", "text/javascript; charset=utf-8", js_format_js),
    FILE_AT("/js/json.js", "text/javascript; charset=utf-8", js_json_js),
    FILE_AT("/js/keys.js", "text/javascript; charset=utf-8", js_keys_js),
    FILE_AT("/js/main.js", "text/javascript; charset=utf-8", js_main_js),
    FILE_AT("/js/paths.js", "text/javascript; charset=utf-8", js_paths_js),
    FILE_AT("/js/store.js", "text/javascript; charset=utf-8", js_store_js),
    FILE_AT("/js/rules/actions.js", "text/javascript; charset=utf-8", js_rules_actions_js),
    FILE_AT("/js/rules/control.js", "text/javascript; charset=utf-8", js_rules_control_js),
    FILE_AT("/js/rules/draft.js", "text/javascript; charset=utf-8", js_rules_draft_js),
    FILE_AT("/js/rules/fields.js", "text/javascript; charset=utf-8", js_rules_fields_js),
    FILE_AT("/js/rules/place.js", "text/javascript; charset=utf-8", js_rules_place_js),
    FILE_AT("/js/rules/value.js", "text/javascript; charset=utf-8", js_rules_value_js),
    FILE_AT("/js/views/completion.js", "text/javascript; charset=utf-8", js_views_completion_js),
    FILE_AT("/js/views/connections.js", "text/javascript; charset=utf-8", js_views_connections_js),
    FILE_AT("/js/views/detail.js", "text/javascript; charset=utf-8", js_views_detail_js),
    FILE_AT("/js/views/events.js", "text/javascript; charset=utf-8", js_views_events_js),
    FILE_AT("/js/views/filterbar.js", "text/javascript; charset=utf-8", js_views_filterbar_js),
    FILE_AT("/js/views/help.js", "text/javascript; charset=utf-8", js_views_help_js),
    FILE_AT("/js/views/inject.js", "text/javascript; charset=utf-8", js_views_inject_js),
    FILE_AT("/js/views/rows.js", "text/javascript; charset=utf-8", js_views_rows_js),
    FILE_AT("/js/views/rules.js", "text/javascript; charset=utf-8", js_views_rules_js),
    FILE_AT("/js/views/status.js", "text/javascript; charset=utf-8", js_views_status_js),
    FILE_AT("/js/views/tree.js", "text/javascript; charset=utf-8", js_views_tree_js),
    FILE_AT("/js/views/rules/action.js", "text/javascript; charset=utf-8", js_views_rules_action_js),
    FILE_AT("/js/views/rules/conditions.js", "text/javascript; charset=utf-8", js_views_rules_conditions_js),
    FILE_AT("/js/views/rules/form.js", "text/javascript; charset=utf-8", js_views_rules_form_js),
    FILE_AT("/js/views/rules/lines.js", "text/javascript; charset=utf-8", js_views_rules_lines_js),
    FILE_AT("/js/views/rules/list.js", "text/javascript; charset=utf-8", js_views_rules_list_js),
    FILE_AT("/js/views/rules/places.js", "text/javascript; charset=utf-8", js_views_rules_places_js),
    FILE_AT("/js/views/rules/trial.js", "text/javascript; charset=utf-8", js_views_rules_trial_js),
    FILE_AT("/js/views/rules/when.js", "text/javascript; charset=utf-8", js_views_rules_when_js),
};

const struct siphon_dashboard_file *siphon_dashboard_files(size_t *count) {
    *count = sizeof files / sizeof *files;
    return files;
}
