// Large type: 18 px instead of 16, for those who want it, on this device.
import { ref } from 'vue';
import { read, write } from './storage';

export const largeType = ref(read('type') === 'large');

export function showType(): void {
  if (largeType.value) document.documentElement.dataset.type = 'large';
  else delete document.documentElement.dataset.type;
}

export function chooseType(large: boolean): void {
  largeType.value = large;
  write('type', large ? 'large' : null);
  showType();
}
