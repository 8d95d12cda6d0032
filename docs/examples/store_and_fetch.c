/* Stores a file under bucket/key, fetches it and says how large it is: objstore's C interface.
 *   cc store_and_fetch.c -lobjstore && ./a.out BUCKET KEY FILE */
#include <objstore/objstore.h>
#include <stdio.h>

static int failed(const char* what, objstore_error* error) {
  fprintf(stderr, "cannot %s: %s\n", what, objstore_error_message(error));
  objstore_error_free(error);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s BUCKET KEY FILE\n", argv[0]);
    return 2;
  }
  objstore_client* client = NULL;
  objstore_error* error = NULL;
  objstore_options options = {.size = sizeof options}; /* endpoint and credentials: from the environment */
  if (objstore_client_open(&options, &client, &error) != OBJSTORE_OK) return failed("start", error);
  int status = 0;
  objstore_object object = {.size = sizeof object};
  void* bytes = NULL;
  size_t length = 0;
  if (objstore_put_file(client, argv[1], argv[2], argv[3], &object, &error) != OBJSTORE_OK) {
    status = failed("put", error);
  } else if (objstore_get_bytes(client, argv[1], argv[2], object.bytes, &bytes, &length, &error) != OBJSTORE_OK) {
    status = failed("get", error);
  } else {
    printf("%zu bytes, %s, %s\n", length, object.etag, object.checksum);
  }
  objstore_bytes_free(bytes);
  objstore_client_close(client);
  return status;
}
