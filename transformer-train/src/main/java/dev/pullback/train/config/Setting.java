package dev.pullback.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Where an option belongs, and whether a run that is continued may take another value. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Setting {

  /**
   * Returns what the option is about.
   *
   * @return the topic
   */
  Topic value();

  /**
   * Tells whether {@code --resume} may change it. What decides which function is trained on which
   * examples may not change; budgets, rates, intervals and the machine may.
   *
   * @return whether it may change
   */
  boolean resumable() default false;
}
