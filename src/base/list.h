/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubly linked lists through their elements.
 *
 * A head is a `struct list` that points at itself when empty; an element
 * embeds a `struct list`.  Removing leaves the element pointing at itself, so
 * that list_linked() tells the truth and removing twice does no harm.
 */
#ifndef SLUICE_BASE_LIST_H
#define SLUICE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define LIST_ENTRY_OF(node, type, member)                                      \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline bool list_linked(const struct list *node)
{
    return node->next != node;
}

static inline void list_push_front(struct list *head, struct list *node)
{
    node->next = head->next;
    node->prev = head;
    head->next->prev = node;
    head->next = node;
}

static inline void list_push_back(struct list *head, struct list *node)
{
    list_push_front(head->prev, node);
}

static inline void list_remove(struct list *node)
{
    node->next->prev = node->prev;
    node->prev->next = node->next;
    list_init(node);
}

/* Moves all elements of `from` to the empty list `to`. */
static inline void list_take_all(struct list *to, struct list *from)
{
    if (list_empty(from)) {
        list_init(to);
        return;
    }
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

#endif
