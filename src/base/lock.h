/* lock.h - the order in which locks are taken, written once.
 *
 * 1. store writer mutex and flock   store/store_lock.c   one per store path and process
 * 2. pool mutex                     base/pool.c    never held while a task runs
 *
 * No code holds two of them at once. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
#endif
