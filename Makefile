# PGXS build of the extensions pomai and pomai_pgvector. One library serves
# both.
#
#   make && make install && make installcheck
#   make PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config
#   make COPT='-DUSE_ASSERT_CHECKING -Werror'
#   make FAULT_POINTS=1
#
# Objects are kept in build/pg15, build/pg17, ... (or OBJDIR=folder), so that
# several server versions can be built from one checkout: this file calls
# itself there, as a VPATH build.
#
# FAULT_POINTS=1 makes, in the folder faults there, a module that tests can
# break off in the middle of things (core/base/fault_point.h), with the
# functions of test/module. Not for use. All objects without fault points are
# those of the module for use, which is made first.
#
#   installcheck           test/sql, on a running server
#   installcheck-pgvector  test/pgvector, on a server that has pgvector
#   prove_installcheck     test/t: starts servers of its own, so not as root

PG_CONFIG ?= pg_config
here := $(patsubst %/,%,$(dir $(abspath $(firstword $(MAKEFILE_LIST)))))

ifeq ($(here),$(CURDIR)) # ------------------------------- in the checkout

pg_major := $(shell $(PG_CONFIG) --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
OBJDIR ?= build/pg$(pg_major)
targets := all install uninstall installcheck installcheck-pgvector \
  prove_installcheck clean distclean

.PHONY: $(targets)
.NOTPARALLEL:
$(targets): folder := $(OBJDIR)$(if $(FAULT_POINTS),/faults)
$(targets):
	@mkdir -p '$(folder)'
	+@$(MAKE) --no-print-directory -C '$(folder)' -f '$(here)/Makefile' $@

else # -------------------------------------------- in the folder of objects

MODULE_big = pomai
EXTENSION = pomai pomai_pgvector
# The server's own pages are the host here: nothing of the engine over files.
sources := $(sort $(shell cd '$(here)' && find core src -name '*.cc' \
  ! -path 'core/host_file/*' ! -path 'core/db/*' ! -path 'core/include/*'))
# Headers include none of the two: what they hold would be compiled both ways.
fault_sources := $(sort $(shell cd '$(here)' && grep -lE \
  '^.include "(core/base/fault_point|src/am/fault_setting)\.h"' $(sources)))
ifneq (,$(FAULT_POINTS))
  plain_objs := $(patsubst %.cc,../%.o,$(filter-out $(fault_sources),$(sources)))
  sources := $(fault_sources) \
    $(patsubst $(here)/%,%,$(sort $(wildcard $(here)/test/module/*.cc)))
endif
own_objs := $(sources:.cc=.o)
OBJS = $(own_objs) $(plain_objs)
DATA = $(patsubst $(here)/%,%,$(sort $(wildcard $(here)/sql/*--*.sql)))

names = $(sort $(basename $(notdir $(wildcard $(here)/$1))))
REGRESS = $(call names,test/sql/*.sql)
REGRESS_OPTS = --inputdir='$(here)/test' --load-extension=pomai
PGVECTOR_REGRESS = $(call names,test/pgvector/sql/*.sql)
PROVE_TESTS = $(sort $(wildcard $(here)/test/t/*.pl))
EXTRA_CLEAN = core src test flags

# Only its headers (core/kernel/dispatch.h).
HWY_CFLAGS ?= $(shell pkg-config --cflags libhwy 2>/dev/null)

# assert() of the core goes with Assert() of the server.
ifeq (,$(findstring USE_ASSERT_CHECKING,$(COPT)))
  PG_CPPFLAGS += -DNDEBUG
endif
ifneq (,$(FAULT_POINTS))
  PG_CPPFLAGS += -DPOMAI_FAULT_POINTS
endif
PG_CXXFLAGS = -std=c++20 -O3 -Wall -Wno-register -fPIC -fvisibility=hidden \
  -fvisibility-inlines-hidden $(HWY_CFLAGS) $(COPT)
SHLIB_LINK = -Wl,--version-script='$(here)/scripts/exports.map'

# The default links with gcc and leaves libstdc++ out without a word.
override COMPILER = $(CXX) $(CXXFLAGS)
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Before 16 the server's headers leave PGDLLEXPORT empty.
ifneq (,$(filter 13 14 15,$(MAJORVERSION)))
  override CXXFLAGS += '-DPGDLLEXPORT=__attribute__((visibility("default")))'
endif

compile = $(CXX) $(CXXFLAGS) $(CPPFLAGS) -MMD -MP -c

# Holds the command, and changes when the compiler, its flags or the server do.
flags: force
	@echo '$(subst ','\'',$(compile) $(VERSION))' | cmp -s - $@ || \
	  echo '$(subst ','\'',$(compile) $(VERSION))' >$@

$(own_objs): %.o: $(here)/%.cc flags
	@mkdir -p $(@D)
	@echo 'CXX $*'
	@$(compile) -o $@ $<

$(plain_objs): plain ;
plain:
	+@$(MAKE) --no-print-directory -C .. -f '$(here)/Makefile' FAULT_POINTS= all

$(shlib): $(here)/scripts/exports.map
-include $(own_objs:.o=.d)

installcheck-pgvector:
	$(pg_regress_installcheck) --dbname=$(CONTRIB_TESTDB) \
	  --inputdir='$(here)/test/pgvector' --load-extension=vector \
	  --load-extension=pomai --load-extension=pomai_pgvector \
	  $(PGVECTOR_REGRESS)

prove_installcheck:
	$(prove_installcheck)

.PHONY: force plain installcheck-pgvector prove_installcheck
endif
