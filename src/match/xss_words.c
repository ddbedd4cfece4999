/* SPDX-License-Identifier: Apache-2.0 */
#include "match/xss_words.h"

#include <stdlib.h>

enum {
    FOLDED_MAX = 48, /* longer names are in no table */
    SCHEME_MAX = 16, /* characters of an address that are looked at */
};

/* Tables are sorted: they are searched by halves. */

static const char *const tags[] = {
    "applet",      "base",   "bgsound",  "comment", "embed",
    "fencedframe", "frame",  "frameset", "handler", "iframe",
    "ilayer",      "import", "isindex",  "layer",   "link",
    "listener",    "meta",   "noscript", "object",  "portal",
    "script",      "style",  "vmlframe", "xml",     "xss"};

/* Behind "on". */
static const char *const events[] = {"abort",
                                     "activate",
                                     "afterprint",
                                     "afterscriptexecute",
                                     "afterupdate",
                                     "animationcancel",
                                     "animationend",
                                     "animationiteration",
                                     "animationstart",
                                     "auxclick",
                                     "beforeactivate",
                                     "beforecopy",
                                     "beforecut",
                                     "beforedeactivate",
                                     "beforeeditfocus",
                                     "beforeinput",
                                     "beforematch",
                                     "beforepaste",
                                     "beforeprint",
                                     "beforescriptexecute",
                                     "beforetoggle",
                                     "beforeunload",
                                     "beforeupdate",
                                     "beforexrselect",
                                     "begin",
                                     "blur",
                                     "bounce",
                                     "cancel",
                                     "canplay",
                                     "canplaythrough",
                                     "cellchange",
                                     "change",
                                     "click",
                                     "close",
                                     "command",
                                     "contentvisibilityautostatechange",
                                     "contextlost",
                                     "contextmenu",
                                     "contextrestored",
                                     "controlselect",
                                     "copy",
                                     "cuechange",
                                     "cut",
                                     "dataavailable",
                                     "datasetchanged",
                                     "datasetcomplete",
                                     "dblclick",
                                     "deactivate",
                                     "drag",
                                     "dragdrop",
                                     "dragend",
                                     "dragenter",
                                     "dragexit",
                                     "dragleave",
                                     "dragover",
                                     "dragstart",
                                     "drop",
                                     "durationchange",
                                     "emptied",
                                     "encrypted",
                                     "end",
                                     "ended",
                                     "error",
                                     "errorupdate",
                                     "filterchange",
                                     "finish",
                                     "focus",
                                     "focusin",
                                     "focusout",
                                     "formchange",
                                     "formdata",
                                     "forminput",
                                     "fullscreenchange",
                                     "fullscreenerror",
                                     "gesturechange",
                                     "gestureend",
                                     "gesturestart",
                                     "gotpointercapture",
                                     "hashchange",
                                     "help",
                                     "input",
                                     "invalid",
                                     "keydown",
                                     "keypress",
                                     "keyup",
                                     "languagechange",
                                     "layoutcomplete",
                                     "load",
                                     "loadeddata",
                                     "loadedmetadata",
                                     "loadend",
                                     "loadstart",
                                     "losecapture",
                                     "lostpointercapture",
                                     "mediacomplete",
                                     "mediaerror",
                                     "message",
                                     "messageerror",
                                     "mousedown",
                                     "mouseenter",
                                     "mouseleave",
                                     "mousemove",
                                     "mouseout",
                                     "mouseover",
                                     "mouseup",
                                     "mousewheel",
                                     "move",
                                     "moveend",
                                     "movestart",
                                     "offline",
                                     "online",
                                     "orientationchange",
                                     "outofsync",
                                     "pagehide",
                                     "pagereveal",
                                     "pageshow",
                                     "pageswap",
                                     "paste",
                                     "pause",
                                     "play",
                                     "playing",
                                     "pointercancel",
                                     "pointerdown",
                                     "pointerenter",
                                     "pointerleave",
                                     "pointermove",
                                     "pointerout",
                                     "pointerover",
                                     "pointerrawupdate",
                                     "pointerup",
                                     "popstate",
                                     "progress",
                                     "promptaction",
                                     "promptdismiss",
                                     "propertychange",
                                     "ratechange",
                                     "readystatechange",
                                     "redo",
                                     "rejectionhandled",
                                     "repeat",
                                     "reset",
                                     "resize",
                                     "resizeend",
                                     "resizestart",
                                     "resume",
                                     "reverse",
                                     "rowdelete",
                                     "rowenter",
                                     "rowexit",
                                     "rowinserted",
                                     "rowsdelete",
                                     "rowsinserted",
                                     "scroll",
                                     "scrollend",
                                     "scrollsnapchange",
                                     "scrollsnapchanging",
                                     "search",
                                     "securitypolicyviolation",
                                     "seek",
                                     "seeked",
                                     "seeking",
                                     "select",
                                     "selectionchange",
                                     "selectstart",
                                     "show",
                                     "slotchange",
                                     "stalled",
                                     "start",
                                     "stop",
                                     "storage",
                                     "submit",
                                     "suspend",
                                     "syncrestored",
                                     "timeerror",
                                     "timeupdate",
                                     "toggle",
                                     "touchcancel",
                                     "touchend",
                                     "touchmove",
                                     "touchstart",
                                     "trackchange",
                                     "transitioncancel",
                                     "transitionend",
                                     "transitionrun",
                                     "transitionstart",
                                     "undo",
                                     "unhandledrejection",
                                     "unload",
                                     "urlflip",
                                     "validationstatuschange",
                                     "volumechange",
                                     "waiting",
                                     "webkitanimationend",
                                     "webkitanimationiteration",
                                     "webkitanimationstart",
                                     "webkitmouseforcechanged",
                                     "webkitmouseforcedown",
                                     "webkitmouseforceup",
                                     "webkitmouseforcewillbegin",
                                     "webkitplaybacktargetavailabilitychanged",
                                     "webkittransitionend",
                                     "wheel",
                                     "zoom"};

static const struct attribute {
    const char *name;
    enum xss_attribute kind;
} attributes[] = {
    {"action", XSS_URL},
    {"archive", XSS_URL},
    {"attributename", XSS_NAMES},
    {"background", XSS_URL},
    {"by", XSS_URL},
    {"cite", XSS_URL},
    {"classid", XSS_URL},
    {"codebase", XSS_URL},
    {"data", XSS_URL},
    {"dataformatas", XSS_CODE},
    {"datasrc", XSS_CODE},
    {"dynsrc", XSS_URL},
    {"folder", XSS_URL},
    {"formaction", XSS_URL},
    {"from", XSS_URL},
    {"handler", XSS_URL},
    {"href", XSS_URL},
    {"icon", XSS_URL},
    {"longdesc", XSS_URL},
    {"lowsrc", XSS_URL},
    {"manifest", XSS_URL},
    {"ping", XSS_URL},
    {"poster", XSS_URL},
    {"profile", XSS_URL},
    {"src", XSS_URL},
    {"srcdoc", XSS_CODE},
    {"style", XSS_STYLE},
    {"to", XSS_URL},
    {"values", XSS_URL},
};

/* ---- names ------------------------------------------------------------------- */

struct name {
    unsigned n;
    char p[FOLDED_MAX];
};

/* In lower case, without NULs.  False: too long for any table; what fits is
 * there. */
static bool fold(struct name *to, struct str name)
{
    to->n = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '\0')
            continue;
        if (to->n == sizeof(to->p) - 1)
            break;
        to->p[to->n++] = str_lower(name.p[i]);
    }
    to->p[to->n] = '\0';
    return to->n < sizeof(to->p) - 1;
}

static int compare_words(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static int compare_attributes(const void *key, const void *element)
{
    return strcmp(key, ((const struct attribute *)element)->name);
}

static bool is_in(const char *word, const char *const *words, size_t n)
{
    return bsearch(word, words, n, sizeof(*words), compare_words) != NULL;
}

static bool starts(const struct name *name, const char *with)
{
    return strncmp(name->p, with, strlen(with)) == 0;
}

bool xss_tag_is_active(struct str raw)
{
    struct name name;
    const char *local;

    fold(&name, raw);
    local = strrchr(name.p, ':'); /* <svg:script>, <html:script> */
    local = local ? local + 1 : name.p;
    return starts(&name, "svg") || starts(&name, "xsl") ||
           is_in(local, tags, sizeof(tags) / sizeof(*tags));
}

static enum xss_attribute event_kind(const struct name *name)
{
    const char *event = name->p + 2;

    if (is_in(event, events, sizeof(events) / sizeof(*events)))
        return XSS_EVENT;
    return strlen(event) >= 3 &&
                   strspn(event, "abcdefghijklmnopqrstuvwxyz") == strlen(event)
               ? XSS_EVENT_NEW
               : XSS_HARMLESS;
}

/* Whether names in the tables begin so; most others end here. */
static bool begins_a_name(char c)
{
    static const char letters[] = "abcdfhilmopstvx";

    return memchr(letters, str_lower(c), sizeof(letters)) != NULL;
}

enum xss_attribute xss_attribute_kind(struct str raw)
{
    struct name name;
    const struct attribute *a;

    if (raw.n < 2 || !begins_a_name(raw.p[0]))
        return XSS_HARMLESS;
    fold(&name, raw);
    if (starts(&name, "on"))
        return event_kind(&name);
    if (starts(&name, "xmlns"))
        return XSS_CODE;
    if (starts(&name, "xlink"))
        return XSS_CODE;
    a = bsearch(name.p, attributes, sizeof(attributes) / sizeof(*attributes),
                sizeof(*attributes), compare_attributes);
    return a ? a->kind : XSS_HARMLESS;
}

/* ---- values ------------------------------------------------------------------ */

/* The number behind "&#"; *n bytes of `s` were it. */
static unsigned numeric_entity(struct str s, size_t *n)
{
    bool hex = s.n > 2 && (s.p[2] | 0x20) == 'x';
    size_t i = hex ? 3 : 2;
    size_t first = i;
    unsigned code = 0;

    for (; i < s.n; i++) {
        int digit = hex_digit(s.p[i]);

        if (digit < 0 || (!hex && digit > 9))
            break;
        if (code < 0x110000)
            code = code * (hex ? 16 : 10) + (unsigned)digit;
    }
    if (i == first) {
        *n = 1;
        return '&';
    }
    *n = i + (i < s.n && s.p[i] == ';');
    return code;
}

/* The character that `s` begins with. */
static unsigned character(struct str s, size_t *n)
{
    static const struct {
        const char *name;
        char c;
    } named[] = {{"&colon;", ':'}, {"&tab;", '\t'}, {"&newline;", '\n'}};

    *n = 1;
    if (s.p[0] != '&' || s.n < 3)
        return (unsigned char)s.p[0];
    if (s.p[1] == '#')
        return numeric_entity(s, n);
    for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
        if (str_istarts(s, str_of(named[i].name))) {
            *n = strlen(named[i].name);
            return (unsigned char)named[i].c;
        }
    }
    return '&';
}

/* The first characters that count, in lower case. */
static void read_scheme(struct str url, char scheme[SCHEME_MAX])
{
    unsigned used = 0;
    size_t n;

    for (size_t at = 0; at < url.n && used < SCHEME_MAX - 1; at += n) {
        unsigned c = character(str_make(url.p + at, url.n - at), &n);

        if (c < 0x20 || c == 0x7f || (used == 0 && (c == ' ' || c > 0x7f)))
            continue;
        scheme[used++] = c > 0x7f ? '?' : str_lower((char)c);
    }
    scheme[used] = '\0';
}

bool xss_url_is_script(struct str url)
{
    static const char *const schemes[] = {"data:", "view-source:"};
    char scheme[SCHEME_MAX] = "";
    char after;

    read_scheme(url, scheme);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        if (strncmp(scheme, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    if (strncmp(scheme, "javascript", 10) == 0)
        after = scheme[10];
    else if (strncmp(scheme, "vbscript", 8) == 0)
        after = scheme[8];
    else
        return false;
    return (after < 'a' || after > 'z') && after != '/' && after != '.' &&
           after != '-' && after != '_';
}

static bool holds(struct str s, struct str what)
{
    for (size_t i = 0; i + what.n <= s.n; i++) {
        if (str_istarts(str_make(s.p + i, what.n), what))
            return true;
    }
    return false;
}

bool xss_style_is_script(struct str css)
{
    return holds(css, STR("expression")) || holds(css, STR("script:")) ||
           holds(css, STR("binding")) || holds(css, STR("behavio")) ||
           holds(css, STR("@import")) || holds(css, STR("url(")) ||
           memchr(css.p, '\\', css.n) || holds(css, STR("/*"));
}
