/* Any bytes as a CodeGeneratorRequest: the generator answers with files or with an error, never with both. */
#include <stdlib.h>

#include "plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t len;
    uint8_t *bytes = pt_plugin_run((pt_slice){data, size}, &len);
    Google__Protobuf__Compiler__CodeGeneratorResponse *response =
        google__protobuf__compiler__code_generator_response__unpack(NULL, len, bytes);
    if (!response || (response->error && response->n_file)) abort();
    google__protobuf__compiler__code_generator_response__free_unpacked(response, NULL);
    free(bytes);
    return 0;
}
