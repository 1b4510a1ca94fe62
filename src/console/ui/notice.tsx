import { CircleAlert, CircleCheck, CircleX, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import classes from './notice.module.css';

type Tone = 'info' | 'success' | 'warning' | 'danger';

const icons: Readonly<Record<Tone, LucideIcon>> = {
  info: CircleAlert,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleX,
};

interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly children: ReactNode;
}

/** Something that has to be read: told at once to a screen reader, and by icon and words as well as by color. */
export function Notice({ tone, title, children }: NoticeProps) {
  const Icon = icons[tone];
  return (
    <div className={classes['notice']} data-tone={tone} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon size={20} className={classes['icon']} aria-hidden />
      <div className={classes['body']}>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}
