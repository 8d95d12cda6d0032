// The C interface of libobjstore: what programs in other languages need of it.
//
// objstore_client *client = NULL;
// objstore_error *error = NULL;
// objstore_options options = {.size = sizeof options, .endpoint = "http://127.0.0.1:9000"};
// if (objstore_client_open(&options, &client, &error) != OBJSTORE_OK) { puts(objstore_error_message(error)); ... }
//
// Stability: functions and values keep their meaning within one soname (libobjstore.so.0). Structures begin with their
// size, which the caller sets; later versions add members at the end only. Ownership: what a function gives is freed by
// the function of its kind. Strings are UTF-8 and end with NUL. Threads: a client may be used by any number of threads
// at once; other objects belong to one. Errors: `error` may be NULL; when a function fails and it is not, it is set to
// an object that the caller frees. Nothing throws.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum objstore_status {
  OBJSTORE_OK = 0,
  OBJSTORE_INVALID = 1,      // the call or the request is wrong: change it
  OBJSTORE_NOT_FOUND = 2,    // bucket, object, file
  OBJSTORE_DENIED = 3,       // credentials, policy, clock
  OBJSTORE_CONDITION = 4,    // a condition does not hold, it exists already, a race was lost
  OBJSTORE_WRONG_BYTES = 5,  // a checksum does not match; what was received is not kept
  OBJSTORE_UNAVAILABLE = 6,  // no server, or one that is busy: try again
  OBJSTORE_FAILED = 7        // anything else: the message says what
} objstore_status;

typedef struct objstore_client objstore_client;
typedef struct objstore_error objstore_error;

// NULL and 0 mean: from the environment and AWS's files, then the default.
typedef struct objstore_options {
  size_t size;  // sizeof(objstore_options)
  const char* endpoint;
  const char* region;
  const char* access_key;
  const char* secret_key;
  const char* session_token;
  const char* profile;
  const char* ca_bundle;
  unsigned parallelism;
} objstore_options;

typedef struct objstore_object {
  size_t size;  // sizeof(objstore_object), set by the caller
  uint64_t bytes;
  int64_t modified_ms;  // since 1970-01-01T00:00:00Z
  char etag[128];       // with its quotes
  char content_type[256];
  char checksum[128];  // "CRC64NVME:<base64>"; empty: none is known
} objstore_object;

// "0.1.0"
const char* objstore_version(void);

// Does not connect.
objstore_status objstore_client_open(const objstore_options* options, objstore_client** client, objstore_error** error);
void objstore_client_close(objstore_client* client);  // NULL is fine

objstore_status objstore_error_status(const objstore_error* error);
const char* objstore_error_message(const objstore_error* error);  // lives as long as the error
void objstore_error_free(objstore_error* error);                  // NULL is fine

objstore_status objstore_create_bucket(objstore_client* client, const char* bucket, objstore_error** error);

// object: may be NULL; else filled with what is known after the put: bytes, etag, checksum.
objstore_status objstore_put_file(objstore_client* client, const char* bucket, const char* key, const char* path,
                                  objstore_object* object, objstore_error** error);
objstore_status objstore_put_bytes(objstore_client* client, const char* bucket, const char* key, const void* bytes,
                                   size_t length, objstore_object* object, objstore_error** error);

// The file gets its name when it is complete and verified.
objstore_status objstore_get_file(objstore_client* client, const char* bucket, const char* key, const char* path,
                                  objstore_object* object, objstore_error** error);
// The whole object in memory, freed by objstore_bytes_free(); more than bytes_max: OBJSTORE_INVALID.
objstore_status objstore_get_bytes(objstore_client* client, const char* bucket, const char* key, size_t bytes_max,
                                   void** bytes, size_t* length, objstore_error** error);
void objstore_bytes_free(void* bytes);  // NULL is fine

objstore_status objstore_head(objstore_client* client, const char* bucket, const char* key, objstore_object* object,
                              objstore_error** error);
// Success also when there is no such object.
objstore_status objstore_remove(objstore_client* client, const char* bucket, const char* key, objstore_error** error);

// Calls `visit` for each key that begins with `prefix` (NULL: all), in byte order; another value than 0 ends the
// listing, which then is a success. `key` lives as long as the call of `visit`.
typedef int (*objstore_visit)(void* context, const char* key, uint64_t bytes);
objstore_status objstore_list(objstore_client* client, const char* bucket, const char* prefix, objstore_visit visit,
                              void* context, objstore_error** error);

// Puts that send what differs from the object that is replaced, with an objd; elsewhere the whole. sent_bytes: may be
// NULL.
objstore_status objstore_put_file_delta(objstore_client* client, const char* bucket, const char* key, const char* path,
                                        uint64_t* sent_bytes, objstore_error** error);

#ifdef __cplusplus
}
#endif
