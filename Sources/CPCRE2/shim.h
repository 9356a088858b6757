/* PCRE2 for Swift: its functions are macros, and a callout must be as fast as C. */
#ifndef SIPHON_PCRE2_SHIM_H
#define SIPHON_PCRE2_SHIM_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum siphon_pcre2_flag {
    SIPHON_PCRE2_CASELESS = 1,
    SIPHON_PCRE2_MULTILINE = 2,
    SIPHON_PCRE2_DOTALL = 4,
    SIPHON_PCRE2_EXTENDED = 8,
};

/* Returns NULL with an error number and where it is, in bytes. With `jit` machine code is made as well, where that can
 * be done; the code is used by any number of threads. */
static inline pcre2_code *
siphon_pcre2_compile(const uint8_t *pattern, size_t length, int flags, int jit, int *error, size_t *offset)
{
    /* A callout before each item of the pattern is what work is measured by. A single byte (\C) would split
     * characters. */
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_AUTO_CALLOUT;
    if (flags & SIPHON_PCRE2_CASELESS)
        options |= PCRE2_CASELESS;
    if (flags & SIPHON_PCRE2_MULTILINE)
        options |= PCRE2_MULTILINE;
    if (flags & SIPHON_PCRE2_DOTALL)
        options |= PCRE2_DOTALL;
    if (flags & SIPHON_PCRE2_EXTENDED)
        options |= PCRE2_EXTENDED;
    pcre2_code *code = pcre2_compile(pattern, length, options, error, offset, NULL);
    if (code && jit)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static inline void
siphon_pcre2_free(pcre2_code *code)
{
    pcre2_code_free(code);
}

static inline void
siphon_pcre2_message(int error, uint8_t *message, size_t size)
{
    pcre2_get_error_message(error, message, size);
}

/* The highest group that is referred back to; 0 for none. */
static inline uint32_t
siphon_pcre2_back_references(const pcre2_code *code)
{
    uint32_t highest = 0;
    pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &highest);
    return highest;
}

/* Whether there is machine code for it. */
static inline int
siphon_pcre2_has_jit(const pcre2_code *code)
{
    size_t size = 0;
    return pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

/* What matching needs besides the code. One thread uses it at a time. */
struct siphon_pcre2_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* made when the machine's own stack was too small once */
    size_t stack_limit;
    size_t position; /* where the last callout was */
    long work; /* what is left of it */
    long step;
};

/* Each callout takes `step` off the work that is left, and an eighth of the bytes that were passed since the last. */
static inline int
siphon_pcre2_callout(pcre2_callout_block *block, void *context)
{
    struct siphon_pcre2_scratch *scratch = context;
    scratch->work -= scratch->step;
    if (block->current_position > scratch->position)
        scratch->work -= (long)((block->current_position - scratch->position) / 8);
    scratch->position = block->current_position;
    return scratch->work < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

static inline void
siphon_pcre2_scratch_free(struct siphon_pcre2_scratch *scratch)
{
    if (scratch->stack)
        pcre2_jit_stack_free(scratch->stack);
    pcre2_match_context_free(scratch->context);
    pcre2_match_data_free(scratch->data);
    free(scratch);
}

/* Returns NULL where memory is short. */
static inline struct siphon_pcre2_scratch *
siphon_pcre2_scratch_create(uint32_t match_limit, uint32_t depth_limit, uint32_t heap_limit_kib, size_t stack_limit)
{
    struct siphon_pcre2_scratch *scratch = calloc(1, sizeof *scratch);
    if (!scratch)
        return NULL;
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack_limit = stack_limit;
    if (!scratch->data || !scratch->context) {
        siphon_pcre2_scratch_free(scratch);
        return NULL;
    }
    pcre2_set_match_limit(scratch->context, match_limit);
    pcre2_set_depth_limit(scratch->context, depth_limit);
    pcre2_set_heap_limit(scratch->context, heap_limit_kib);
    pcre2_set_callout(scratch->context, siphon_pcre2_callout, scratch);
    return scratch;
}

/* Returns 1 for a match, 0 for none, and a negative number where a limit was met. What is left of `work` is written
 * back. */
static inline int
siphon_pcre2_match(const pcre2_code *code, const uint8_t *text, size_t length, struct siphon_pcre2_scratch *scratch,
                   long step, long *work)
{
    scratch->position = 0;
    scratch->work = *work;
    scratch->step = step;
    int result = pcre2_match(code, text, length, 0, 0, scratch->data, scratch->context);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT && !scratch->stack) {
        scratch->stack = pcre2_jit_stack_create(32 << 10, scratch->stack_limit, NULL);
        if (scratch->stack) {
            pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
            scratch->position = 0;
            result = pcre2_match(code, text, length, 0, 0, scratch->data, scratch->context);
        }
    }
    *work = scratch->work;
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    return result < 0 ? result : 1;
}

#endif
