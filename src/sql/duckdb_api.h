#pragma once
#include <cstdint>

/// The part of DuckDB's C interface that we use, as a table of pointers into a library that is loaded when a query runs.
/// Names, types and numbers are those of its documentation for 1.4, which later 1.x keep.
namespace cairn::sql::duckdb {

using idx_t = uint64_t;
using Config = struct ConfigTag*;
using Database = struct DatabaseTag*;
using Connection = struct ConnectionTag*;
using Statements = struct StatementsTag*;
using Prepared = struct PreparedTag*;
using Chunk = struct ChunkTag*;
using Vector = struct VectorTag*;
using LogicalType = struct LogicalTypeTag*;
using TableFunction = struct TableFunctionTag*;
using BindInfo = struct BindInfoTag*;
using InitInfo = struct InitInfoTag*;
using FunctionInfo = struct FunctionInfoTag*;
using Value = struct ValueTag*;

enum State : int { kSuccess = 0, kError = 1 };
enum Type : int {
  kBoolean = 1,
  kTinyInt = 2,
  kDouble = 11,
  kHugeInt = 16,
  kVarchar = 17,
  kDecimal = 19,
  kUHugeInt = 32,
};
enum StatementType : int { kSelect = 1, kExplain = 4 };

struct QueryResult {
  idx_t columns, rows, changed;
  void* deprecated_columns;
  char* deprecated_error;
  void* internal;
};
struct ListEntry {
  uint64_t offset, length;
};
/// A string in a vector: up to 12 bytes in place, longer ones elsewhere.
struct String {
  uint32_t length;
  char prefix[4];
  union {
    char rest[8];
    const char* pointer;
  };
};
using Delete = void (*)(void*);
using Bind = void (*)(BindInfo);
using Init = void (*)(InitInfo);
using Function = void (*)(FunctionInfo, Chunk);

// X(name in DuckDB without duckdb_, what it returns, what it takes)
#define CAIRN_DUCKDB_FUNCTIONS(X)                                                   \
  X(library_version, const char*, ())                                               \
  X(create_config, State, (Config*))                                                \
  X(set_config, State, (Config, const char*, const char*))                          \
  X(destroy_config, void, (Config*))                                                \
  X(open_ext, State, (const char*, Database*, Config, char**))                      \
  X(close, void, (Database*))                                                       \
  X(connect, State, (Database, Connection*))                                        \
  X(disconnect, void, (Connection*))                                                \
  X(interrupt, void, (Connection))                                                  \
  X(free, void, (void*))                                                            \
  X(query, State, (Connection, const char*, QueryResult*))                          \
  X(destroy_result, void, (QueryResult*))                                           \
  X(result_error, const char*, (QueryResult*))                                      \
  X(fetch_chunk, Chunk, (QueryResult))                                              \
  X(extract_statements, idx_t, (Connection, const char*, Statements*))              \
  X(extract_statements_error, const char*, (Statements))                            \
  X(prepare_extracted_statement, State, (Connection, Statements, idx_t, Prepared*)) \
  X(destroy_extracted, void, (Statements*))                                         \
  X(prepare, State, (Connection, const char*, Prepared*))                           \
  X(prepare_error, const char*, (Prepared))                                         \
  X(nparams, idx_t, (Prepared))                                                     \
  X(prepared_statement_type, StatementType, (Prepared))                             \
  X(prepared_statement_column_count, idx_t, (Prepared))                             \
  X(prepared_statement_column_name, const char*, (Prepared, idx_t))                 \
  X(prepared_statement_column_type, Type, (Prepared, idx_t))                        \
  X(execute_prepared_streaming, State, (Prepared, QueryResult*))                    \
  X(destroy_prepare, void, (Prepared*))                                             \
  X(data_chunk_get_size, idx_t, (Chunk))                                            \
  X(data_chunk_set_size, void, (Chunk, idx_t))                                      \
  X(data_chunk_get_vector, Vector, (Chunk, idx_t))                                  \
  X(destroy_data_chunk, void, (Chunk*))                                             \
  X(vector_get_data, void*, (Vector))                                               \
  X(vector_get_validity, uint64_t*, (Vector))                                       \
  X(vector_ensure_validity_writable, void, (Vector))                                \
  X(vector_assign_string_element_len, void, (Vector, idx_t, const char*, idx_t))    \
  X(struct_vector_get_child, Vector, (Vector, idx_t))                               \
  X(list_vector_get_child, Vector, (Vector))                                        \
  X(list_vector_reserve, State, (Vector, idx_t))                                    \
  X(list_vector_set_size, State, (Vector, idx_t))                                   \
  X(create_logical_type, LogicalType, (Type))                                       \
  X(create_list_type, LogicalType, (LogicalType))                                   \
  X(create_map_type, LogicalType, (LogicalType, LogicalType))                       \
  X(create_struct_type, LogicalType, (LogicalType*, const char**, idx_t))           \
  X(logical_type_set_alias, void, (LogicalType, const char*))                       \
  X(destroy_logical_type, void, (LogicalType*))                                     \
  X(create_table_function, TableFunction, ())                                       \
  X(table_function_set_name, void, (TableFunction, const char*))                    \
  X(table_function_set_extra_info, void, (TableFunction, void*, Delete))            \
  X(table_function_set_bind, void, (TableFunction, Bind))                           \
  X(table_function_set_init, void, (TableFunction, Init))                           \
  X(table_function_set_local_init, void, (TableFunction, Init))                     \
  X(table_function_set_function, void, (TableFunction, Function))                   \
  X(table_function_supports_projection_pushdown, void, (TableFunction, bool))       \
  X(register_table_function, State, (Connection, TableFunction))                    \
  X(destroy_table_function, void, (TableFunction*))                                 \
  X(bind_get_extra_info, void*, (BindInfo))                                         \
  X(bind_add_result_column, void, (BindInfo, const char*, LogicalType))             \
  X(init_get_extra_info, void*, (InitInfo))                                         \
  X(init_set_init_data, void, (InitInfo, void*, Delete))                            \
  X(init_get_column_count, idx_t, (InitInfo))                                       \
  X(init_get_column_index, idx_t, (InitInfo, idx_t))                                \
  X(init_set_max_threads, void, (InitInfo, idx_t))                                  \
  X(init_set_error, void, (InitInfo, const char*))                                  \
  X(function_get_extra_info, void*, (FunctionInfo))                                 \
  X(function_get_init_data, void*, (FunctionInfo))                                  \
  X(function_get_local_init_data, void*, (FunctionInfo))                            \
  X(function_set_error, void, (FunctionInfo, const char*))

/// Every pointer is set (sql/library.h).
struct Api {
#define CAIRN_DUCKDB_MEMBER(name, returns, takes) returns(*name) takes = nullptr;
  CAIRN_DUCKDB_FUNCTIONS(CAIRN_DUCKDB_MEMBER)
#undef CAIRN_DUCKDB_MEMBER
};

}  // namespace cairn::sql::duckdb
