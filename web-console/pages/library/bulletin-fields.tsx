import { NativeSelect, TextInput } from '@mantine/core';
import type { NewBulletin } from '../../api/bulletins.ts';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { useMessages } from '../../i18n/messages.ts';

/** The three classes of Circular 39/2020; live and relay are no bulletins. */
const BULLETIN_CLASSES = ['normal', 'priority', 'emergency'] as const;

interface BulletinFieldsProps {
  value: NewBulletin;
  onChange: (value: NewBulletin) => void;
}

export function BulletinFields({ value, onChange }: BulletinFieldsProps) {
  const t = useMessages(BULLETIN_WORDS, CLASS_WORDS);
  return (
    <>
      <TextInput
        id="bulletin-title"
        label={t.write.titleLabel}
        value={value.title}
        maxLength={200}
        onChange={(event) => onChange({ ...value, title: event.currentTarget.value })}
      />
      <NativeSelect
        label={t.write.classLabel}
        description={t.write.classHint}
        value={value.class}
        data={BULLETIN_CLASSES.map((name) => ({ value: name, label: t.classes[name] }))}
        onChange={(event) => {
          const chosen = BULLETIN_CLASSES.find((name) => name === event.currentTarget.value);
          if (chosen) onChange({ ...value, class: chosen });
        }}
      />
      <TextInput
        label={t.write.topicLabel}
        description={t.write.topicHint}
        value={value.topic}
        maxLength={100}
        onChange={(event) => onChange({ ...value, topic: event.currentTarget.value })}
      />
    </>
  );
}
