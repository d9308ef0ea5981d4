package relay.common.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a record's component that it is a key of the configuration. The key is the component's
 * name in kebab-case, below the keys of the records around it. Files, environment, flags, help and
 * the table in the README all come from here.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

  /**
   * The value where none is given, as a user would write it. Empty: none, which is null or an empty
   * list. A value that {@link ConfigSources#computed} has for the key is taken instead, and this
   * one tells how it is computed.
   */
  String byDefault() default "";

  /** What it does, in one line. */
  String meaning();

  /** The flag that sets it, for example {@code --ssh-listen}; empty where there is none. */
  String flag() default "";

  /** The least number, of bytes for a size, of milliseconds for a duration. */
  long min() default 1;

  /** The greatest number, in the same unit. */
  long max() default Integer.MAX_VALUE;

  /** Known, but not built: any value but the default is refused and says so. */
  boolean notYet() default false;
}
