/*
 * Stand-ins for the compiler's floating-point routines, for a target without a floating-point unit
 * whose libgcc was built for one. The program computes with integers only; what refers to these is
 * libc's printf, for conversions (%f, %e, %g, %a) that no format here contains. Reaching one is
 * a mistake in the program, and ends it. All of them are listed, so that none comes from libgcc.
 */
#define STAND_IN(name)                                                                             \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}

#define STAND_INS(mode)                                                                            \
	STAND_IN(__add##mode##3)                                                                   \
	STAND_IN(__sub##mode##3)                                                                   \
	STAND_IN(__mul##mode##3)                                                                   \
	STAND_IN(__div##mode##3)                                                                   \
	STAND_IN(__neg##mode##2)                                                                   \
	STAND_IN(__eq##mode##2)                                                                    \
	STAND_IN(__ne##mode##2)                                                                    \
	STAND_IN(__lt##mode##2)                                                                    \
	STAND_IN(__le##mode##2)                                                                    \
	STAND_IN(__gt##mode##2)                                                                    \
	STAND_IN(__ge##mode##2)                                                                    \
	STAND_IN(__unord##mode##2)                                                                 \
	STAND_IN(__fix##mode##si)                                                                  \
	STAND_IN(__fix##mode##di)                                                                  \
	STAND_IN(__fixuns##mode##si)                                                               \
	STAND_IN(__fixuns##mode##di)                                                               \
	STAND_IN(__floatsi##mode)                                                                  \
	STAND_IN(__floatdi##mode)                                                                  \
	STAND_IN(__floatunsi##mode)                                                                \
	STAND_IN(__floatundi##mode)

STAND_INS(sf)
STAND_INS(df)
STAND_IN(__extendsfdf2)
STAND_IN(__truncdfsf2)
