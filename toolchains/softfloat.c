/*
 * Stand-ins for the compiler's floating-point routines, for a target without a floating-point unit
 * whose libgcc was built for one. The program computes with integers only; what refers to these is
 * libc's printf, for conversions (%f, %e, %g, %a) that no format here contains. Reaching one is
 * a mistake in the program, and ends it.
 */
#define STAND_IN(name)                                                                             \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}

STAND_IN(__adddf3)
STAND_IN(__subdf3)
STAND_IN(__muldf3)
STAND_IN(__eqdf2)
STAND_IN(__nedf2)
STAND_IN(__ltdf2)
STAND_IN(__floatsidf)
STAND_IN(__floatunsidf)
STAND_IN(__fixdfsi)
STAND_IN(__fixunsdfsi)
