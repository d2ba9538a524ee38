import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';

interface ButtonLook {
  kind?: 'primary' | 'secondary' | 'plain' | 'back';
  size?: 'normal' | 'large';
  wide?: boolean;
  icon?: ReactNode;
}

interface ButtonProps extends ButtonLook, Omit<ComponentProps<'button'>, 'disabled'> {
  /** Why it can't be pressed now. The button stays reachable and says so; an inert grey button explains nothing. */
  unavailable?: string | undefined;
  /** The call is under way. */
  busy?: boolean;
}

export function Button({
  kind = 'secondary',
  size = 'normal',
  wide,
  icon,
  unavailable,
  busy,
  onClick,
  children,
  type,
  ...rest
}: ButtonProps) {
  const inert = Boolean(unavailable) || busy;
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      className="button"
      data-kind={kind}
      data-size={size}
      data-wide={wide || undefined}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      title={unavailable}
      onClick={(event) => {
        if (inert) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon}
      {children !== undefined && <span>{children}</span>}
      {unavailable && <span className="visually-hidden"> — {unavailable}</span>}
    </button>
  );
}

function Anchor({ kind = 'secondary', size = 'normal', wide, icon, children, ...rest }: ButtonLook & ComponentProps<'a'>) {
  return (
    <a {...rest} className="button" data-kind={kind} data-size={size} data-wide={wide || undefined}>
      {icon}
      <span>{children}</span>
    </a>
  );
}

/** A link that looks like a button: it goes somewhere, it does nothing. */
export const ButtonLink = createLink(Anchor);
