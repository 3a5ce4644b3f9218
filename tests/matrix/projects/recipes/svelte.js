import { mount } from 'svelte';
import Emotion from './Emotion.svelte';

mount(Emotion, { target: document.querySelector('main') });
