/* The files of google/protobuf/, which every schema starts with. A set that brings its own copies, which differ between
 * releases of protoc, means these. */
#include "google/protobuf/any.pb.h"
#include "google/protobuf/api.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/source_context.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/type.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "schema/load.h"

static const pt_file *const FILES[] = {
    &google__protobuf__any__file,
    &google__protobuf__api__file,
    &google__protobuf__descriptor__file,
    &google__protobuf__duration__file,
    &google__protobuf__empty__file,
    &google__protobuf__field_mask__file,
    &google__protobuf__source_context__file,
    &google__protobuf__struct__file,
    &google__protobuf__timestamp__file,
    &google__protobuf__type__file,
    &google__protobuf__wrappers__file,
};

void pt_load_built_in(pt_load *load, pt_slice unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        pt_load_file(load, pt_slice_of(FILES[i]->descriptor, FILES[i]->descriptor_len));
    for (pt_loaded_file *file = load->files; file; file = file->next)
        file->built_in = true;
}
