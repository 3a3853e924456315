#include "sql/statement_text.h"

#include <gtest/gtest.h>

namespace cairn::sql {
namespace {

TEST(StatementText, LosesItsSemicolonsOnly) {
  EXPECT_EQ(without_semicolons("SELECT 1;"), "SELECT 1 ");
  EXPECT_EQ(without_semicolons("SELECT 1; ; -- a;\n;"), "SELECT 1    -- a;\n ");
  EXPECT_EQ(without_semicolons("';' ';'';' \";\" \";\"\";\";"), "';' ';'';' \";\" \";\"\";\" ");
  EXPECT_EQ(without_semicolons("/* ; /* ; */ ; */;/* ;"), "/* ; /* ; */ ; */ /* ;");
  EXPECT_EQ(without_semicolons("$$;$$;$a$;$$;$a$;$1;a$b;"), "$$;$$ $a$;$$;$a$ $1 a$b ");
  EXPECT_EQ(without_semicolons(R"(E'\';';'\';e'\\';te'\';';)"), R"(E'\';' '\' e'\\' te'\' ';)");
  EXPECT_EQ(without_semicolons("'; unfinished"), "'; unfinished");
  EXPECT_EQ(without_semicolons(""), "");
}

}  // namespace
}  // namespace cairn::sql
