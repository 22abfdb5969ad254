// What the Thrift peer of the rpc benchmark serves: the same as echo.proto.
namespace c_glib bench

struct Message {
  1: binary payload
  2: i64 id
}

service Echo {
  Message echo(1: Message request)
}
